#include "train/nesterov_descent.hpp"

#include <ATen/core/grad_mode.h>

namespace apq::train {

void NesterovDescent::step(FlatParameters& parameters, double learning_rate) {
  at::NoGradGuard const no_grad;
  if (!velocity.defined()) velocity = at::zeros_like(parameters.values);
  auto gradient = parameters.gradients.addcmul(parameters.decays, parameters.values, weight_decay);
  velocity.mul_(momentum).add_(gradient);
  parameters.values.sub_(gradient.add_(velocity, momentum), learning_rate);
}

}  // namespace apq::train
