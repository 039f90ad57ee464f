#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "common/net/fidelity.hpp"
#include "common/net/supernet.hpp"
#include "common/space/subnet.hpp"

namespace apq::net {

/// How one layer is quantised. Ranges are filled by calibration.
struct LayerQuantisation {
  int weight_bits = 0;         ///< 0: not quantised
  int activation_bits = 0;     ///< magnitude bits a' of the layer's input (spec A6); <= 0: not quantised
  bool is_signed = false;      ///< the input comes from a linear bottleneck, not from a ReLU6
  double activation_range = 6; ///< r
  double weight_range = -1;    ///< T; < 0: not set, the quantiser takes max|w|
};

struct BatchNorm {
  at::Tensor weight, bias, running_mean, running_var;  ///< [channels]
  double epsilon = 1e-5;
};

/// Convolution, batch norm and maybe ReLU6: the unit that all executors compile. The weight is already sliced and
/// kernel-transformed, [out, in / groups, k, k]; padding is k / 2.
struct ConvUnit {
  std::string name;  ///< the release's path of the quantised layer, e.g. blocks.1.mobile_inverted_conv.depth_conv.conv
  at::Tensor weight;
  int stride = 1, groups = 1;
  BatchNorm norm;
  bool has_relu6 = true;
  LayerQuantisation quantisation;
};

/// Units in sequence, with an identity shortcut around them where `has_shortcut`.
struct BlockUnit {
  std::vector<ConvUnit> convs;
  bool has_shortcut = false;
};

/// A subnet as a flat list of what to compute: blocks, mean over the map, classifier.
struct SubnetNet {
  std::vector<BlockUnit> blocks;  ///< stem, first block, active searched blocks, feature mix
  at::Tensor classifier_weight, classifier_bias;
  LayerQuantisation classifier_quantisation;
  bool is_quantised = false;
};

/// Slices `subnet` out of the supernet: depth by leaving blocks out, width by the first channels, kernel by crop and
/// transform (7 -> 5 -> 3). Differentiable: gradients reach supernet.weights. BN buffers are copies, so nothing that is
/// done to the result changes the supernet.
SubnetNet slice(Supernet const& supernet, space::Subnet const& subnet, Fidelity const& fidelity = {});

}  // namespace apq::net
