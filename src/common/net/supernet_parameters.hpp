#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

}  // namespace apq::net
