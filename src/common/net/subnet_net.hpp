#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/ATen.h>

#include "common/net/fidelity.hpp"
#include "common/net/supernet.hpp"
#include "common/space/subnet.hpp"

namespace apq::net {

/// How one layer is quantised. Ranges are filled by calibration.
struct LayerQuantisation {
  int weight_bits = 0;                     ///< 0: not quantised
  int activation_bits = 0;                 ///< magnitude bits a' of the layer's input (spec A6); <= 0: not quantised
  bool is_signed = false;                  ///< the input can be negative: it comes from a linear bottleneck or an h-swish
  double activation_range = 6;             ///< r
  std::vector<double> weight_ranges = {};  ///< T, of the tensor or of each output channel; none: not set, max|w| of the tensor serves
};

struct BatchNorm {
  at::Tensor weight, bias, running_mean, running_var;  ///< [channels]
  double epsilon = 1e-5;
};

/// A matrix and its offsets: x W^T + b.
struct DenseUnit {
  std::string name;         ///< e.g. blocks.5.mobile_inverted_conv.depth_conv.se.fc.reduce
  at::Tensor weight, bias;  ///< [out, in], [out]
  LayerQuantisation quantisation;
};

/// space/layer_kinds.hpp says what it computes.
struct SqueezeExciteUnit {
  DenseUnit reduce, expand;
};

/// Convolution, maybe batch norm, maybe an activation, maybe squeeze-excite, in that order: the unit that all executors
/// compile. The weight is already sliced and kernel-transformed, [out, in / groups, k, k]; padding is k / 2.
struct ConvUnit {
  std::string name;  ///< the release's path of the quantised layer, e.g. blocks.1.mobile_inverted_conv.depth_conv.conv
  at::Tensor weight;
  at::Tensor bias = {};  ///< [out]; undefined: none. Only fold_norms() makes one
  int stride = 1, groups = 1;
  std::optional<BatchNorm> norm;                                           ///< absent: none (MobileNetV3's feature mix)
  std::optional<space::Activation> activation = space::Activation::relu6;  ///< absent: linear
  std::optional<SqueezeExciteUnit> squeeze_excite;
  LayerQuantisation quantisation;
};

/// Units in sequence, with an identity shortcut around them where `has_shortcut`. Where `is_after_pooling` the block works
/// on the mean over the map, kept as a map of 1 x 1.
struct BlockUnit {
  std::vector<ConvUnit> convs;
  bool has_shortcut = false;
  bool is_after_pooling = false;
};

/// A subnet as a flat list of what to compute: blocks, mean over the map (of one pixel after pooling), classifier.
struct SubnetNet {
  std::vector<BlockUnit> blocks;  ///< stem, first block, active searched blocks, final expansion, feature mix
  at::Tensor classifier_weight, classifier_bias;
  LayerQuantisation classifier_quantisation;
  bool is_quantised = false;
};

/// One quantised layer of a net, in the order of execution: a convolution, after it its squeeze-excite's two matrices; last the
/// classifier.
struct LayerRef {
  std::string_view name;  ///< ConvUnit::name, DenseUnit::name; "classifier.linear"
  at::Tensor* weight;
  LayerQuantisation* quantisation;
  BatchNorm* norm;  ///< null: none
};
std::vector<LayerRef> layers_of(SubnetNet& net);

/// Slices `subnet` out of the supernet: depth by leaving blocks out, width by the first channels (of a squeeze-excite's hidden
/// layer too, as OFA does), kernel by crop and transform (7 -> 5 -> 3). Differentiable: gradients reach supernet.weights. BN buffers are
/// copies, so nothing that is done to the result changes the supernet.
SubnetNet slice(Supernet const& supernet, space::Subnet const& subnet, Fidelity const& fidelity = {});

}  // namespace apq::net
