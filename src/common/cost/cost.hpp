#pragma once

#include <array>
#include <string>

namespace apq::cost {

/// What a subnet costs at batch 1. MACs, params, BitOps and size always cover the whole network,
/// whatever the basis. params: weights, batch norm's scale and shift, classifier bias. BitOps: sum
/// of MACs x weight bits x activation bits. size_bytes: weights at their bits, the other parameters
/// at 32. A full-precision subnet counts as 32 bit in bitops and size_bytes; its latency and energy
/// are NaN (the accelerator has no such mode).
struct Cost {
  double macs = 0, params = 0, bitops = 0, size_bytes = 0, latency_ms = 0, energy_mj = 0;

  // In the header: the search adds up many millions of blocks.
  Cost& operator+=(Cost const& other) {
    macs += other.macs;
    params += other.params;
    bitops += other.bitops;
    size_bytes += other.size_bytes;
    latency_ms += other.latency_ms;
    energy_mj += other.energy_mj;
    return *this;
  }
  Cost& operator-=(Cost const& other) {
    macs -= other.macs;
    params -= other.params;
    bitops -= other.bitops;
    size_bytes -= other.size_bytes;
    latency_ms -= other.latency_ms;
    energy_mj -= other.energy_mj;
    return *this;
  }
};

/// A quantity that a search can limit.
enum class Metric { latency_ms, energy_mj, bitops, size_bytes, macs, params };

/// Name and field of each Metric, in its order.
struct MetricField {
  char const* name;
  double Cost::*field;
};
inline constexpr std::array metric_fields{
    MetricField{"latency_ms", &Cost::latency_ms}, MetricField{"energy_mj", &Cost::energy_mj}, MetricField{"bitops", &Cost::bitops},
    MetricField{"size_bytes", &Cost::size_bytes}, MetricField{"macs", &Cost::macs},           MetricField{"params", &Cost::params}};

Metric metric_from_name(std::string const& name);  ///< "latency_ms", ...; @throws Error(config) listing the names
inline char const* name_of(Metric metric) { return metric_fields[static_cast<std::size_t>(metric)].name; }
inline double value_of(Cost const& cost, Metric metric) { return cost.*metric_fields[static_cast<std::size_t>(metric)].field; }

}  // namespace apq::cost
