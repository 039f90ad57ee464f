#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/checkpoint/weight_file_text.hpp"
#include "common/space/search_space.hpp"
#include "train/accuracy_predictor.hpp"

namespace apq::train {

struct ImportedPredictor {
  checkpoint::Reading reading;
  AccuracyPredictor predictor;
  std::string layout;             ///< "once-for-all" or "once-for-all tutorial"
  std::vector<int> known_sizes;   ///< image sizes that its training saw, pixels
  std::vector<int> interpolated;  ///< sizes of the space between those
};

/// Rewrites an accuracy predictor of once-for-all (an MLP of three hidden layers on one-hot inputs, output a fraction) as this
/// project's, for a space of the OFA kind: three kernels and three widths a block, the image size a gene or fixed.
/// Both have an input for every kernel and every ratio of every block, all zero where the block is inactive; only the order of the
/// columns and the image sizes differ:
///   - ofa.nas.accuracy_predictor.AccuracyPredictor with MobileNetArchEncoder (keys layers.0.0.weight ... layers.3.weight, base_acc):
///     one input an image size of its list, then kernels, then ratios. The list is not in the file: `sizes`, empty for 128, 160, 192, 224.
///   - ofa.tutorial.AccuracyPredictor (keys 0.weight ... 6.bias): kernels, ratios, then eight image sizes, 112 to 224 in steps of 16.
/// A size whose inputs never left the range of PyTorch's initial weights, 1 / sqrt(inputs), was never trained and counts as unknown. A
/// size of the space between two known ones gets the linear interpolation of their columns. The file does not say which
/// supernet the accuracies are of: that is the caller's to know.
/// @param key  of the state dict in a file that holds several; empty: as choose_state_dict
/// @throws Error(data) when the file is no such predictor (every key that does not fit is listed); Error(config) when the space has
/// other genes, or an image size beyond those known.
ImportedPredictor import_predictor(space::SearchSpace const& space, std::filesystem::path const& file, std::vector<int> const& sizes = {},
                                   std::string const& key = {});

}  // namespace apq::train
