#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "common/checkpoint/state_dict.hpp"
#include "common/checkpoint/weight_names.hpp"
#include "common/space/search_space.hpp"

namespace apq::net {

/// One entry of a supernet's state dict, named as in the release (e.g. blocks.3.mobile_inverted_conv.depth_conv.conv.conv.weight).
struct ParameterSpec {
  enum class Kind { convolution, kernel_matrix, norm_weight, norm_bias, norm_mean, norm_variance, linear_weight, linear_bias };
  std::string name;
  std::vector<std::int64_t> shape;
  Kind kind;
  bool is_trained() const { return kind != Kind::norm_mean && kind != Kind::norm_variance; }
  /// Weight decay is for convolutions and the classifier's matrix only (OFA's recipe).
  bool decays() const { return kind == Kind::convolution || kind == Kind::linear_weight; }
};

/// Every parameter and buffer of the space's largest network and its kernel transforms, in network order.
/// BN's num_batches_tracked counters are not among them: nothing reads them.
std::vector<ParameterSpec> supernet_parameters(space::SearchSpace const& space);

/// The once-for-all network: weights of the largest subnet, from which all others are sliced.
struct Supernet {
  space::SearchSpace space;
  checkpoint::StateDict weights;  ///< exactly the names of supernet_parameters(space)
  /// 64 hex digits over names, shapes and float32 values: which weights a label came from.
  std::string hash() const;
};

/// Kaiming-normal (fan out) convolutions, identity kernel transforms, BN (1, 0, 0, 1), classifier N(0, 0.01).
Supernet make_supernet(space::SearchSpace const& space, std::uint64_t seed);

/// How a checkpoint's keys fit the space's network.
checkpoint::WeightNames names_in(space::SearchSpace const& space, checkpoint::StateDict const& weights);
/// The supernet of a checkpoint whose names fit. Weights become float32.
Supernet adopt(space::SearchSpace const& space, checkpoint::StateDict const& weights, checkpoint::WeightNames const& names);
/// True for a network that was trained at one size and comes under others' names: its channels are in no order yet.
bool needs_sorting(space::SearchSpace const& space, checkpoint::WeightNames const& names);

/// Reads the project's own and the release's files, and those of others that weight_names.hpp knows; channels of the
/// latter are sorted where `needs_sorting`, so that a file and its import are the same supernet.
/// @throws Error(data) listing every missing, unexpected and mis-shaped key; range parameters of a quantised
///         checkpoint and batch counters are ignored.
Supernet load_supernet(space::SearchSpace const& space, std::filesystem::path const& file);
void save_supernet(Supernet const& supernet, std::filesystem::path const& file);

/// Permutes each block's middle channels by descending importance (L1 norm of the projection's columns), so that
/// narrow subnets keep the channels that matter; likewise the hidden channels of a squeeze-excite. The largest network computes the same
/// function. In place.
void sort_channels(Supernet& supernet);

}  // namespace apq::net
