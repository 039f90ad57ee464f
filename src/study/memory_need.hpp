#pragma once

#include <optional>
#include <string>

namespace apq::study {

/// What a node holds while a study runs: its images once, and so much a rank.
struct MemoryNeed {
  double image_bytes;
  int ranks;  ///< of the node
};

/// LibTorch, a supernet and the activations of a batch of the quickstart; `apq plan` measures a study's own.
inline constexpr double least_bytes_of_rank = 0.25 * 1024 * 1024 * 1024;

/// Why the job would be killed for its memory, and what would fit, in one line; empty where it fits as far as is known.
/// @param left  bytes that the job's control group leaves it; absent: unlimited.
std::string memory_trouble(MemoryNeed const& need, std::optional<double> left);

}  // namespace apq::study
