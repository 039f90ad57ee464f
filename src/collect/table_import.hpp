#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "collect/repeated_rows.hpp"
#include "collect/table_files.hpp"
#include "collect/table_reader.hpp"
#include "collect/table_scale.hpp"
#include "common/h5/shard.hpp"
#include "common/space/search_space.hpp"

namespace apq::collect {

struct TableOptions {
  std::string stage;         ///< "fp" or "quant"; empty: as the first sound entry is
  std::uint32_t images = 0;  ///< behind every accuracy; 0: as the entries or the grid of accuracies tell
  AccuracyUnit unit = AccuracyUnit::by_content;
  ColumnMap columns;
  Repeats repeats = Repeats::error;
};

/// How one file was understood.
struct ReadTable {
  std::string name;
  TableDialect dialect;
  bool has_accuracies = false, percent = false;  ///< of entries that do not count hits
  std::optional<int> image_size;                 ///< of entries that say none
  std::size_t entries = 0;
};

/// Tables as rows of a space, ids in the order of the files and their entries.
struct ImportedTable {
  std::vector<ReadTable> files;
  std::string stage;
  std::uint32_t images = 0;        ///< of every row; 0: rows carry their own
  bool images_from_grid = false;   ///< all accuracies are multiples of 1 / images
  std::uint32_t least_images = 0;  ///< of which all accuracies are multiples of 1 / it, where `images` was given and is another; 0: none
  std::vector<h5::Row> rows;
  std::vector<std::string> places;   ///< of rows: "name:line"
  Repeats repeats{};                 ///< as asked for
  std::size_t num_repeated = 0;      ///< entries left out as repeats of another
  std::optional<RepeatNoise> noise;  ///< of entries of equal subnets
  std::vector<std::string> faults;   ///< "name:line: what is wrong", one a bad entry; then the rows are of no use
};

/// Correct = round(accuracy x images). Top-5 is unknown, the shard holds its least value, the top-1 hits; loss and joules are NaN,
/// seconds 0. The unit is each file's own, the number of images that of all.
/// @throws Error(data) where a text cannot be read as a table or holds no entry, or nothing tells the number of images.
ImportedTable import_table(space::SearchSpace const& space, std::vector<TableText> const& texts, TableOptions const& options);
ImportedTable import_table(space::SearchSpace const& space, std::string_view text, std::string const& name, TableOptions const& options);

}  // namespace apq::collect
