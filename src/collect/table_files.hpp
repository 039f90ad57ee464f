#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace apq::collect {

/// The text of one file of a table.
struct TableText {
  std::string name, text;
  std::optional<int> image_size;  ///< of entries that say none
};

/// Files as they are given; for a folder its files SIZE.dict, or those of its folder src, by ascending size: once-for-all writes one
/// for each image size. A file of such a name says the size of entries that say none.
/// @throws Error(data) for a folder without such files; Error(io).
std::vector<TableText> read_table_files(std::vector<std::filesystem::path> const& given);

}  // namespace apq::collect
