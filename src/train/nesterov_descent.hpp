#pragma once

#include "train/flat_parameters.hpp"

namespace apq::train {

/// Stochastic gradient descent with Nesterov momentum (Sutskever et al., ICML 2013, as PyTorch defines it).
struct NesterovDescent {
  double momentum, weight_decay;
  at::Tensor velocity;  ///< float32 [parameters]; undefined: at rest
  void step(FlatParameters& parameters, double learning_rate);
};

}  // namespace apq::train
