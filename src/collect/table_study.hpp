#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "collect/table_import.hpp"

namespace apq::collect {

/// A table of accuracies that is to become the rows of a study.
struct TableSource {
  std::filesystem::path file, space, study;
  TableOptions options;
};

/// What was made of it.
struct TableStudy {
  ImportedTable table;  ///< without faults
  bool was_there = false;
  std::string source;        ///< as in the shard's header: "imported: FILE sha256 HASH"
  std::string content_hash;  ///< of the rows
};

/// Writes one shard with all rows, and the study's configuration where it has none. A study that holds these very rows stays as it is.
/// Labels depend on the table and the number of images alone. Local; holds the directory's lock.
/// @throws Error(data) for bad entries (the first in the message, up to 100 more in the log; nothing is written), a study of another
///         space or with other rows; as import_table and load_space.
TableStudy import_as_study(TableSource const& source);

/// What `apq import table` says: lines of text, or a JSON object.
std::string table_study_text(TableSource const& source, TableStudy const& made);
std::string table_study_json(TableStudy const& made);

}  // namespace apq::collect
