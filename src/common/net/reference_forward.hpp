#pragma once

#include <functional>

#include "common/net/subnet_net.hpp"

namespace apq::net {

enum class NormMode {
  running,  ///< normalise by the stored statistics
  batch     ///< normalise by the batch's own (biased variance); differentiable
};

struct ForwardOptions {
  NormMode norm = NormMode::running;
  bool quantise = false;  ///< apply the fake quantisers of a quantised subnet; else they are bypassed
  /// Called with every layer's input before quantisation; `layer` counts as layers_of does.
  std::function<void(std::size_t layer, at::Tensor const& input)> on_input;
  /// NormMode::batch only: mean and biased variance of the layer's convolution output, [channels].
  std::function<void(std::size_t layer, at::Tensor const& mean, at::Tensor const& variance)> on_statistics;
};

/// The reference executor, on LibTorch: float32 or float64, CPU or CUDA, differentiable when gradients are enabled.
/// @param images  [batch, channels, size, size] in the weights' dtype, normalised.
/// @return        [batch, classes] logits.
at::Tensor reference_forward(SubnetNet const& net, at::Tensor images, ForwardOptions const& options = {});

/// Quantises the weights once, so that `reference_forward` with `quantise` only has activations left to do. Same numbers.
void freeze_weights(SubnetNet& net);

/// Makes every norm with its stored statistics part of the convolution before it: a scaled weight and a bias. The same function but for
/// rounding. Weights that are to be quantised are frozen first.
void fold_norms(SubnetNet& net);

}  // namespace apq::net
