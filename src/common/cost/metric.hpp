#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

// What a subnet costs, and the one table that says what each cost is called, how it is shown and what it covers. A new metric is a
// field, an enumerator and a row here, and its computation in cost_model.cpp.
namespace apq::cost {

/// What a subnet costs at batch 1; the table `metrics` says what each field is. A full-precision subnet counts as 32 bit, and
/// the accelerator has no such mode: what the hardware answers for is NaN there.
struct Cost {
  double latency_ms = 0, energy_mj = 0, bitops = 0, size_bytes = 0, macs = 0, params = 0;  // in the order of the table
  Cost& operator+=(Cost const& other);
  Cost& operator-=(Cost const& other);
};

/// A quantity that a search can limit.
enum class Metric { latency_ms, energy_mj, bitops, size_bytes, macs, params };

/// What a metric sums up: all layers, or those of the cost model's Basis, for which the hardware answers.
enum class Coverage { whole_network, basis };

/// Which of two values is to be preferred. The search minimises costs throughout (limits, repair, fronts).
enum class Direction { lower_is_better };

/// Units that a value is shown in. thousands: as it is, k, M or G; milli: the stored thousandth of a unit, or a millionth below 0.1.
enum class Prefix { thousands, milli };

/// How much room a report gives a metric. figure: a figure and a column; column: a column; limited: a figure where a winner is
/// limited in it.
enum class Prominence { figure, column, limited };

/// A metric in a table of fixed unit: `shown = stored * factor`.
struct TableColumn {
  char const* unit;  ///< with its prefix: "M", "kB", "ms"
  double factor;
  int decimals;
};

struct MetricRow {
  Metric metric;
  char const* name;  ///< as configurations and files have it: "latency_ms"
  double Cost::*field;
  char const* title;  ///< "latency"
  char const* unit;   ///< of the stored value: "ms", "B"; empty: a number
  char const* meaning;
  Coverage coverage;
  Direction direction;
  bool is_count;  ///< whole numbers
  Prefix prefix;
  TableColumn column;
  Prominence prominence;
};

/// In the order of Metric. The first decides where fitness is equal and no other metric is asked for.
inline constexpr std::array metrics{
    MetricRow{.metric = Metric::latency_ms,
              .name = "latency_ms",
              .field = &Cost::latency_ms,
              .title = "latency",
              .unit = "ms",
              .meaning = "time of one image on the accelerator",
              .coverage = Coverage::basis,
              .direction = Direction::lower_is_better,
              .is_count = false,
              .prefix = Prefix::milli,
              .column = {"ms", 1, 4},
              .prominence = Prominence::figure},
    MetricRow{.metric = Metric::energy_mj,
              .name = "energy_mj",
              .field = &Cost::energy_mj,
              .title = "energy",
              .unit = "mJ",
              .meaning = "energy of one image on the accelerator",
              .coverage = Coverage::basis,
              .direction = Direction::lower_is_better,
              .is_count = false,
              .prefix = Prefix::milli,
              .column = {"mJ", 1, 4},
              .prominence = Prominence::figure},
    MetricRow{.metric = Metric::bitops,
              .name = "bitops",
              .field = &Cost::bitops,
              .title = "BitOps",
              .unit = "",
              .meaning = "sum of MACs x weight bits x activation bits",
              .coverage = Coverage::whole_network,
              .direction = Direction::lower_is_better,
              .is_count = true,
              .prefix = Prefix::thousands,
              .column = {"G", 1e-9, 3},
              .prominence = Prominence::figure},
    MetricRow{.metric = Metric::size_bytes,
              .name = "size_bytes",
              .field = &Cost::size_bytes,
              .title = "size",
              .unit = "B",
              .meaning = "weights at their bits, the other parameters at 32",
              .coverage = Coverage::whole_network,
              .direction = Direction::lower_is_better,
              .is_count = false,
              .prefix = Prefix::thousands,
              .column = {"kB", 1e-3, 1},
              .prominence = Prominence::column},
    MetricRow{.metric = Metric::macs,
              .name = "macs",
              .field = &Cost::macs,
              .title = "MACs",
              .unit = "",
              .meaning = "multiplications, each with its addition",
              .coverage = Coverage::whole_network,
              .direction = Direction::lower_is_better,
              .is_count = true,
              .prefix = Prefix::thousands,
              .column = {"M", 1e-6, 2},
              .prominence = Prominence::limited},
    MetricRow{.metric = Metric::params,
              .name = "params",
              .field = &Cost::params,
              .title = "parameters",
              .unit = "",
              .meaning = "weights, batch norm's scale and shift, classifier bias",
              .coverage = Coverage::whole_network,
              .direction = Direction::lower_is_better,
              .is_count = true,
              .prefix = Prefix::thousands,
              .column = {"M", 1e-6, 3},
              .prominence = Prominence::limited},
};
inline constexpr std::size_t num_metrics = metrics.size();

constexpr MetricRow const& row_of(Metric metric) { return metrics[static_cast<std::size_t>(metric)]; }
constexpr char const* name_of(Metric metric) { return row_of(metric).name; }
constexpr double value_of(Cost const& cost, Metric metric) { return cost.*row_of(metric).field; }
Metric metric_from_name(std::string const& name);  ///< "latency_ms", ...; @throws Error(config) listing the names

/// Head of a table's column: "latency ms", "MACs M".
std::string column_title(MetricRow const& row);
/// Its cell: "0.4130"; "-" where the value is unknown (NaN).
std::string column_cell(MetricRow const& row, double value);

/// The cost with every metric that the hardware answers for set to `value`.
Cost with_basis_metrics(Cost cost, double value);

namespace detail {
constexpr bool is_in_order() {
  for (std::size_t i = 0; i < metrics.size(); ++i)
    if (metrics[i].metric != static_cast<Metric>(i)) return false;
  return sizeof(Cost) == metrics.size() * sizeof(double);
}
static_assert(is_in_order(), "a row for every field of Cost and every Metric, in the order of Metric");

// The search adds up many millions of blocks: unrolled, and each offset a constant of its own, or it is looked up at run time.
template <std::size_t i>
inline constexpr double Cost::*field_of = metrics[i].field;
template <std::size_t... i>
constexpr void add(Cost& to, Cost const& cost, std::index_sequence<i...>) {
  ((to.*field_of<i> += cost.*field_of<i>), ...);
}
template <std::size_t... i>
constexpr void subtract(Cost& from, Cost const& cost, std::index_sequence<i...>) {
  ((from.*field_of<i> -= cost.*field_of<i>), ...);
}
}  // namespace detail

inline Cost& Cost::operator+=(Cost const& other) {
  detail::add(*this, other, std::make_index_sequence<num_metrics>{});
  return *this;
}
inline Cost& Cost::operator-=(Cost const& other) {
  detail::subtract(*this, other, std::make_index_sequence<num_metrics>{});
  return *this;
}

}  // namespace apq::cost
