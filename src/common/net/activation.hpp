#pragma once

#include <ATen/core/Tensor.h>

#include "common/space/layer_kinds.hpp"

namespace apq::net {

/// The activation with LibTorch's operators: differentiable, or in place.
at::Tensor activated(space::Activation activation, at::Tensor& x, bool in_place);

}  // namespace apq::net
