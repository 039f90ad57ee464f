#pragma once

#include <string>

#include "collect/table_study.hpp"

// What `apq import table` says: lines of text, or a JSON object. What comes from tables is printable.
namespace apq::collect {

/// How each file was understood, a line a file: "t.csv: read as: semicolon-separated, accuracies in percent (acc), ...".
std::string reading_text(ImportedTable const& table);

/// After an import.
std::string table_study_text(TableSource const& source, TableStudy const& made);
std::string table_study_json(TableStudy const& made);

/// Instead of one: the reading, the first rows as they would be written, and what all would be.
std::string dry_run_text(space::SearchSpace const& space, ImportedTable const& table);
std::string dry_run_json(space::SearchSpace const& space, ImportedTable const& table);

}  // namespace apq::collect
