#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/cost/back_ends.hpp"
#include "common/cost/cost_config.hpp"
#include "common/cost/metric.hpp"
#include "common/cost/size_costs.hpp"
#include "common/space/subnet.hpp"

namespace apq::cost {

/// Additive cost of subnets of one space. Every (block, choice) is computed once at construction,
/// so a whole subnet is B look-ups and a changed block O(1). With a table, "head" is the stem and
/// "tail" the feature mix; what it leaves out comes from the model (LayerUse::unlisted). In a space of several image
/// sizes fixed() and block() are those of the largest; a whole subnet is priced at its own size. The
/// costs of the other sizes are computed when first asked for.
class CostModel {
 public:
  /// @throws Error(io | config | data) naming the file when a table or accelerator is missing, damaged or has no such model;
  ///         Error(data) naming file and key when the table lacks a layer of the space, at whatever image size.
  CostModel(space::SearchSpace const& space, CostConfig const& config);

  /// Everything but the searched blocks (latency and energy by the basis). `quantised`: W8A8, else
  /// 32 bit.
  Cost fixed(bool quantised) const;
  /// One active block; `bits` are bit widths by Role, or nullopt for full precision. kernel and
  /// middle are values, not indices. @throws Error(data) when one is not a choice. With a table,
  /// latency and energy of a forbidden combination are NaN.
  Cost block(int block, int kernel, int middle, std::optional<std::array<int, space::num_roles>> const& bits) const;
  /// Whole subnet: fixed + active blocks. Canonical genes.
  Cost operator()(std::span<std::uint8_t const> genes) const;
  /// The same of a subnet in values, which may have combinations that the space forbids and that no genes stand for
  /// (latency and energy as in block()). @throws Error(data) when a value of an active block is not a choice.
  Cost operator()(space::Subnet const& subnet) const;
  /// Costs at one image size, by its index in the space; for loops over many subnets. @throws as the constructor.
  SizeCosts const& at_size(std::size_t size) const;

  std::string const& description() const { return description_; }  ///< one line for reports
  /// All but the space that costs depend on, one line: equal identities, equal costs. Files count by their content.
  std::string const& identity() const { return identity_; }

 private:
  struct Tables;
  std::shared_ptr<Tables const> tables_;
  std::string description_, identity_;
};

}  // namespace apq::cost
