#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "collect/table_reader.hpp"
#include "common/h5/shard.hpp"

namespace apq::collect {

enum class AccuracyUnit { by_content, fraction, percent };

struct TableOptions {
  std::string stage;                             ///< "fp" or "quant"; empty: as the first sound entry is
  std::uint32_t images = 0;                      ///< behind every accuracy; 0: as the entries or the grid of accuracies tell
  AccuracyUnit unit = AccuracyUnit::by_content;  ///< by content: percent when half the values exceed 1
  ColumnMap columns;
};

/// A table as rows of a space, ids in the order of the table.
struct ImportedTable {
  TableFormat format{};
  std::string stage;
  bool percent = false;           ///< the unit of the accuracies
  std::uint32_t images = 0;       ///< of every row; 0: rows carry their own
  bool images_from_grid = false;  ///< all accuracies are multiples of 1 / images
  std::vector<h5::Row> rows;
  std::size_t num_repeated = 0;     ///< entries that repeat an earlier one and agree; the first is kept
  std::vector<std::string> faults;  ///< "name:line: what is wrong", one a bad entry; then the rows are of no use
};

/// Correct = round(accuracy x images). Top-5 is unknown, the shard holds its least value, the top-1
/// hits; loss and joules are NaN, seconds 0.
/// @throws Error(data) where the text cannot be read as a table, holds no entry, or nothing tells the
/// number of images.
ImportedTable import_table(space::SearchSpace const& space, std::string_view text, std::string const& name, TableOptions const& options);

/// The least n <= 100,000 such that every accuracy (fraction) is a multiple of 1/n as far as its digits
/// tell; 0 when there is none, when n is a power of ten (the grid of decimal digits), or with fewer
/// than 20 accuracies.
std::uint32_t images_from_grid(std::vector<double> const& accuracies);

}  // namespace apq::collect
