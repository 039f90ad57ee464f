#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "common/image/data_config.hpp"
#include "common/image/image_set.hpp"
#include "common/space/search_space.hpp"
#include "train/supernet_config.hpp"

namespace apq::train {

/// An epoch that is not at its end.
struct EpochSoFar {
  std::size_t steps = 0;             ///< done
  double loss_sum = 0, seconds = 0;  ///< of those steps
};

/// Where a supernet's training stands between two steps.
struct TrainingState {
  int epochs_done;
  at::Tensor values, velocity;         ///< float32 [parameters]
  std::vector<std::string> log_lines;  ///< one an epoch
  EpochSoFar begun = {};               ///< of the epoch after them
};

/// 64 hex digits over everything that the weights after a step depend on, the ranks apart.
std::string training_identity(space::SearchSpace const& space, image::Split const& train, image::Normalisation const& normalisation,
                              SupernetConfig const& config, std::uint64_t seed);

/// Replaces `file` whole. @throws Error(io).
void save_checkpoint(std::filesystem::path const& file, TrainingState const& state, std::string const& identity);

/// Nothing when there is no file. Local.
/// @throws Error(data) for a file that is no checkpoint, of another training, or of another number of parameters.
std::optional<TrainingState> load_checkpoint(std::filesystem::path const& file, std::string const& identity, std::int64_t num_parameters);

}  // namespace apq::train
