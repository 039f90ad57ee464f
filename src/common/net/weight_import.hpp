#pragma once

#include <filesystem>
#include <string>

#include "common/checkpoint/weight_file_text.hpp"
#include "common/checkpoint/weight_names.hpp"
#include "common/space/search_space.hpp"

namespace apq::net {

/// Order of each block's middle channels. Narrow subnets take the first ones.
enum class ChannelOrder {
  automatic,  ///< sorted by importance where the network was trained at one width, else kept
  sorted,
  kept  ///< a supernet was trained in its order
};

struct ImportOptions {
  bool release_layout = false;  ///< {'state_dict': ...} around the weights, as the release writes it
  ChannelOrder order = ChannelOrder::automatic;
  std::string key;       ///< of the state dict in a file that holds several; empty: as choose_state_dict
  bool dry_run = false;  ///< all but the writing
};

struct ImportedWeights {
  checkpoint::Reading reading;
  checkpoint::WeightNames names;
  bool is_written = false;  ///< false: some key does not fit, or that was not asked for; no file was written
  bool is_sorted = false;
  std::string hash;  ///< of the supernet, when all keys fit
};

/// Reads a file of weights of others (weight_file.hpp) and writes it under the project's names, in the zip format of torch.save. Nothing is
/// executed.
/// @throws Error(io | data) when `file` is no file of weights, holds weights that require_finite() refuses, or `output` cannot be written.
///         Keys that do not fit are no error here: see ImportedWeights::names and require_fit.
ImportedWeights import_weights(space::SearchSpace const& space, std::filesystem::path const& file, std::filesystem::path const& output,
                               ImportOptions const& options);

}  // namespace apq::net
