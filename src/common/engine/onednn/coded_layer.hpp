#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/engine/onednn/convolution.hpp"
#include "common/engine/onednn/input_code.hpp"
#include "common/net/subnet_net.hpp"
#include "common/space/search_space.hpp"

namespace apq::engine::onednn {

/// A layer's weights as numbers outside of tensors, quantised where the layer is.
struct CodedLayer {
  std::string name = {};              ///< net::LayerRef::name
  std::vector<float> weights;         ///< of a layer with float input, [out, in / groups, k, k]; at the quantiser's grid where it has one
  std::vector<std::int8_t> codes;     ///< of one with integer input: weight = code * step
  std::vector<double> weight_steps;   ///< of such: one, or [out_channels]
  std::vector<double> absolute_sums;  ///< [out_channels], of |weights| or |codes|
  std::optional<InputCode> input;     ///< absent: float
  std::vector<double> norm_scales, norm_shifts;  ///< y = scale_c * convolution + shift_c
  std::int64_t out_channels, in_channels, kernel, stride, groups;
  bool is_dense = false;                        ///< of a vector, not of a map
  std::optional<space::Activation> activation;  ///< absent: linear

  ConvolutionShape shape(std::int64_t batch, std::int64_t in_size) const {
    return {batch, in_channels, out_channels, in_size, kernel, stride, groups};
  }
  /// Of a channel's sum of products of codes in units of its float value; 1 for a float layer.
  float product_step(std::size_t channel) const {
    if (!input) return 1.0F;
    return static_cast<float>(static_cast<double>(static_cast<float>(weight_steps[weight_steps.size() == 1 ? 0 : channel])) *
                              input->step());
  }
  /// Norm, activation and, if the result is written as the next layer's codes, their quantiser.
  Epilogue epilogue(std::optional<InputCode> const& written_as, bool adds_to_destination) const;
  Convolution convolution(ConvolutionShape const& shape, Number destination, Epilogue const& epilogue) const;
};

/// @param quantise  false: as a full-precision layer, whatever its bits.
CodedLayer coded(net::ConvUnit const& unit, bool quantise);
/// @param weight, bias  [out, in], [out]
CodedLayer coded_dense(std::string name, at::Tensor const& weight, at::Tensor const& bias, net::LayerQuantisation const& quantisation,
                       bool quantise, std::optional<space::Activation> activation = {});
/// All layers in network order: convolutions, each followed by its squeeze-excite's two matrices (without the gate's h-sigmoid); the
/// classifier last.
/// @throws Error(config) for a network of another form than slice() makes.
std::vector<CodedLayer> coded_layers(net::SubnetNet const& net, bool quantise);

}  // namespace apq::engine::onednn
