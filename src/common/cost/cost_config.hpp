#pragma once

#include <filesystem>

#include "common/core/config.hpp"

namespace apq::cost {

/// Layers whose latency and energy are summed. paper: stem, searched blocks, feature mix, as the
/// release does (which leaves out about 1.18 ms). complete: also the first block and the
/// classifier.
enum class Basis { paper, complete };
inline constexpr EnumNames<Basis, 2> basis_names({{Basis::paper, "paper"}, {Basis::complete, "complete"}});

/// Section `cost` of an experiment: which hardware answers for latency and energy, and on which basis costs are summed.
struct CostConfig {
  Basis basis = Basis::paper;
  std::filesystem::path table;  ///< see BackEndConfig
  std::filesystem::path hardware;
};

/// @throws Error(config) with file:line.
inline CostConfig read_cost_config(Config section) {
  CostConfig config;
  config.basis =
      section.choice_or("basis", config.basis, basis_names,
                        {"Layers that latency and energy sum up: stem, searched blocks and feature mix, as the paper does, or all"});
  config.table =
      section.path_or("table", "", {"Latency and energy of layers as the release has them (JSON); what it lacks comes from the model"});
  config.hardware =
      section.path_or("hardware", "", {"Accelerator of the analytic model (YAML)", "", "configs/hardware/bitfusion_edge.yaml, built in"});
  return config;
}

}  // namespace apq::cost
