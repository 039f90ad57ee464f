#pragma once

#include <ATen/ATen.h>

#include "common/net/supernet.hpp"

namespace apq::train {

/// All trained parameters of a supernet as views into one buffer, and their gradients likewise, so that ranks exchange
/// one flat buffer and the optimiser is a few vector operations.
struct FlatParameters {
  explicit FlatParameters(net::Supernet& supernet);  ///< re-seats the supernet's tensors onto the buffer

  at::Tensor values, gradients;  ///< float32 [parameters]
  at::Tensor decays;             ///< float32 [parameters], 1 where weight decay applies, else 0
};

}  // namespace apq::train
