#pragma once

#include <string>
#include <vector>

#include "collect/row_columns.hpp"

// What a row must be like: "accuracy >= 0.7", "ks = 3..5", "any bits = 4".
namespace apq::dataset {

/// A comparison of a column's numbers with one, or with a closed range. Of a list all numbers must fit, or any; those of inactive blocks
/// do not count. What is unknown fits nothing.
struct Condition {
  enum class Comparison { equal, not_equal, less, less_equal, greater, greater_equal, within };
  std::vector<collect::RowColumn const*> columns;  ///< several are one list: "bits" is the bit widths of all roles
  bool any = false;
  Comparison comparison{};
  double low = 0, high = 0;  ///< high: of `within` alone
};

/// "[any ]COLUMN OP NUMBER" with OP one of = == != < <= > >=, or "[any ]COLUMN = LOW..HIGH"; spaces do not count.
/// @throws Error(config) "--where TEXT: ...".
Condition parse_condition(std::string const& text);

bool fits(Condition const& condition, collect::RowValues const& values);

}  // namespace apq::dataset
