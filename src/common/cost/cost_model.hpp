#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/core/config.hpp"
#include "common/space/subnet.hpp"

namespace apq::cost {

/// What a subnet costs at batch 1. MACs, params, BitOps and size always cover the whole network,
/// whatever the basis. params: weights, batch norm's scale and shift, classifier bias. BitOps: sum
/// of MACs x weight bits x activation bits. size_bytes: weights at their bits, the other parameters
/// at 32. A full-precision subnet counts as 32 bit in bitops and size_bytes; its latency and energy
/// are NaN (the accelerator has no such mode).
struct Cost {
  double macs = 0, params = 0, bitops = 0, size_bytes = 0, latency_ms = 0, energy_mj = 0;
  Cost& operator+=(Cost const& other);
  Cost& operator-=(Cost const& other);
};

/// A quantity that a search can limit.
enum class Metric { latency_ms, energy_mj, bitops, size_bytes, macs, params };
Metric metric_from_name(
    std::string const& name);  ///< "latency_ms", ...; @throws Error(config) listing the names
char const* name_of(Metric metric);
double value_of(Cost const& cost, Metric metric);

/// Layers whose latency and energy are summed. paper: stem, searched blocks, feature mix, as the
/// release does (which leaves out about 1.18 ms). complete: also the first block and the
/// classifier.
enum class Basis { paper, complete };

/// Which hardware answers for latency and energy, and on which basis costs are summed.
struct CostConfig {
  Basis basis = Basis::paper;
  std::filesystem::path table;  ///< lookup table (the release's JSON); empty: the analytic model
  std::filesystem::path
      hardware;  ///< accelerator YAML of the analytic model; empty: BitFusion edge configuration
};
/// Reads section `cost` of an experiment (keys basis, table, hardware).
CostConfig read_cost_config(Config section);

/// Additive cost of subnets of one space. Every (block, choice) is computed once at construction,
/// so a whole subnet is B look-ups and a changed block O(1). With a table, "head" is the stem and
/// "tail" the feature mix; what Basis::complete adds comes from the analytic model, since the
/// release's table lacks it; squeeze-excite units are always modelled. In a space of several image
/// sizes fixed() and block() are those of the largest; a whole subnet is priced at its own size. The
/// costs of the other sizes are computed when first asked for.
class CostModel {
 public:
  /// @throws Error(data) when the table lacks a layer of the space, named by its key (at the largest
  /// image size; at others when a subnet has it).
  CostModel(space::SearchSpace const& space, CostConfig const& config);

  /// Everything but the searched blocks (latency and energy by the basis). `quantised`: W8A8, else
  /// 32 bit.
  Cost fixed(bool quantised) const;
  /// One active block; `bits` are bit widths by Role, or nullopt for full precision. kernel and
  /// middle are values, not indices. @throws Error(data) when one is not a choice. With a table,
  /// latency and energy of a forbidden combination are NaN.
  Cost block(int block, int kernel, int middle,
             std::optional<std::array<int, space::num_roles>> const& bits) const;
  /// Whole subnet: fixed + active blocks. Canonical genes.
  Cost operator()(std::span<std::uint8_t const> genes) const;

  std::string const& description() const { return description_; }  ///< one line for reports

 private:
  struct Tables;
  std::shared_ptr<Tables const> tables_;
  std::string description_;
};

}  // namespace apq::cost
