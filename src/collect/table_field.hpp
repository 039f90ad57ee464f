#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

// The fields of a table of accuracies and the names that tables give them.
namespace apq::collect {

/// Numbers for each block or stage: ks, e, mid_channels, d, pw_w_bits, ...
std::vector<std::string> const& list_fields();
/// These, and r, subnet, acc, correct, total.
std::vector<std::string> const& all_fields();
/// acc, correct, total: what was measured, not of what.
bool is_label(std::string const& field);

/// Fields that a table names otherwise: our name -> theirs, or the number of a CSV's column, from 1.
using ColumnMap = std::map<std::string, std::string>;
/// "ks=kernels,acc=top1". @throws Error(config) for an unknown or repeated name of ours.
ColumnMap parse_columns(std::string const& text);

/// The names of a table's columns in order, or of a JSON object's keys.
class TableNames {
 public:
  explicit TableNames(std::vector<std::string> names);
  std::vector<std::string> const& all() const { return names_; }

  /// Which of them is our field. A mapped field is the one name that is equal, else equal but for case, spaces, punctuation and what
  /// stands in brackets, else the column of that number. Others go by the names that are known for them ("KS", "Image size",
  /// "Top-1 Acc (%)", "Sub-network").
  /// @param more  appended to the field's names, for lists that have a column for each element: "0", "1", ...
  /// @returns nothing where none is.
  /// @throws Error(data), without a place, where two are: which, and how to choose.
  std::optional<std::size_t> find(std::string const& field, ColumnMap const& columns, std::string const& more = {}) const;

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::vector<std::size_t>> as_written_, simplified_;
};

/// "Top-1 Acc (%)", "acc [percent]".
bool says_percent(std::string const& name);

}  // namespace apq::collect
