#include "common/net/activation.hpp"

#include <ATen/ATen.h>

namespace apq::net {
namespace {

at::Tensor clipped(space::ActivationKind const& kind, at::Tensor& x, bool in_place) {
  if (kind.highest == space::no_limit && kind.lowest == 0) return in_place ? x.clamp_min_(0) : at::relu(x);
  return in_place ? x.clamp_(kind.lowest, kind.highest) : at::hardtanh(x, kind.lowest, kind.highest);
}

}  // namespace

at::Tensor activated(space::Activation activation, at::Tensor& x, bool in_place) {
  using space::Activation;
  switch (activation) {
    case Activation::h_swish:
      return in_place ? at::hardswish_(x) : at::hardswish(x);
    default:  // clips need no case of their own
      return clipped(space::kind_of(activation), x, in_place);
  }
}

}  // namespace apq::net
