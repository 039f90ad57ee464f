#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/cost/cost_model.hpp"
#include "common/h5/shard.hpp"
#include "common/space/search_space.hpp"

// What can be said of a row, one column each: the one table of their names, units and meanings.
namespace apq::collect {

/// A row, and what it takes to say it in values. Holds references to all that it is made of.
class RowValues {
 public:
  /// @param space  nullptr: not known; what needs the subnet is unknown then
  /// @param costs  nullptr: nobody asks for costs
  RowValues(std::string const& stage, h5::Row const& row, space::SearchSpace const* space, cost::CostModel const* costs = nullptr);
  std::string const& stage() const { return stage_; }
  h5::Row const& row() const { return row_; }
  space::SearchSpace const* space() const { return space_; }
  std::optional<space::Subnet> const& subnet() const { return subnet_; }
  /// Whether block `block` of the subnet is there; only where the space is known.
  bool is_active(std::size_t block) const { return row_.genes[block] != 0; }
  cost::CostModel const* costs() const { return costs_; }

 private:
  std::string const& stage_;
  h5::Row const& row_;
  space::SearchSpace const* space_;
  cost::CostModel const* costs_;
  std::optional<space::Subnet> subnet_;
};

enum class ColumnKind {
  text,
  count,     ///< a whole number
  fraction,  ///< in [0, 1]; six decimals in CSV
  number,    ///< of single precision; the shortest text that means it in CSV
  list,      ///< whole numbers
  subnet     ///< an object (space::to_json)
};

/// What it takes to say a column.
enum class ColumnNeeds { row, space, costs };

struct RowColumn {
  std::string name, unit, meaning;  ///< unit empty: none
  ColumnKind kind;
  ColumnNeeds needs;
  bool is_per_block;                                              ///< a list whose elements mean nothing where a block is inactive
  std::function<nlohmann::ordered_json(RowValues const&)> value;  ///< null: unknown
};

/// All of them; the first `num_standard_columns` are those of an export.
std::vector<RowColumn> const& row_columns();
inline constexpr std::size_t num_standard_columns = 13;
std::vector<RowColumn const*> standard_columns();
/// @throws Error(config), without a place, naming the columns that there are.
RowColumn const& row_column(std::string const& name);

/// The numbers that a column has of a row, of lists those that mean something; none where it is unknown or no number.
std::vector<double> numbers_in(RowColumn const& column, RowValues const& values);

enum class RowFormat { csv, json_lines };

/// CSV's first line, with its line feed; JSON lines have none.
std::string heading_of(std::vector<RowColumn const*> const& columns, RowFormat format);
/// A row as a line with its line feed. Unknown values are empty fields (CSV) or null.
std::string line_of(std::vector<RowColumn const*> const& columns, RowValues const& values, RowFormat format);

}  // namespace apq::collect
