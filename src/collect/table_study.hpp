#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "collect/table_import.hpp"

namespace apq::collect {

/// A table of accuracies that is to become the rows of a study.
struct TableSource {
  std::vector<std::filesystem::path> files;  ///< folders too (table_files.hpp)
  std::filesystem::path space, study;
  TableOptions options;
};

/// What was made of it.
struct TableStudy {
  ImportedTable table;  ///< without faults
  bool was_there = false;
  std::string source;        ///< as in the shard's header: "imported: FILE sha256 HASH", of several "imported: FILE and 2 more sha256 HASH"
  std::string content_hash;  ///< of the rows
};

/// What a table would be read as. Writes nothing; knows no study. @throws as import_as_study.
ImportedTable read_as_table(space::SearchSpace const& space, TableSource const& source);

/// Writes one shard with all rows, and the study's configuration where it has none. A study that holds these very rows stays as it is.
/// Labels depend on the table and the number of images alone. Local; holds the directory's lock.
/// @throws Error(data) for bad entries (the first in the message, up to 100 more in the log; nothing is written), a study of another
///         space or with other rows; as import_table and load_space.
TableStudy import_as_study(TableSource const& source);

}  // namespace apq::collect
