#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include "common/space/layer_kinds.hpp"

// Activations that do not only clip, in the two forms that this engine needs of each: behind a convolution, and on one number. They give
// unit * f(z), where the unit is that of the codes that are written, or 1. Epilogues do the clipping.
namespace apq::engine::onednn {

/// X(name) for each of them.
#define APQ_CURVED_ACTIVATIONS(X) X(h_swish)

inline void append(dnnl::post_ops& after, space::Activation activation, float unit) {
  switch (activation) {
    case space::Activation::h_swish:
#if DNNL_VERSION_MAJOR >= 3
      after.append_eltwise(dnnl::algorithm::eltwise_hardswish, 1.0F / 6, 0.5F);
      if (unit != 1) after.append_eltwise(dnnl::algorithm::eltwise_linear, unit, 0.0F);
#else
      after.append_eltwise(unit, dnnl::algorithm::eltwise_hardswish, 0.0F, 0.0F);
#endif
      break;
    default:  // clips
      break;
  }
}

template <space::Activation>
struct Curve;

template <>
struct Curve<space::Activation::h_swish> {
  float unit;
  explicit Curve(float of_codes) : unit(of_codes / 6.0F) {}
  float operator()(float z) const {
    float const gate = z + 3.0F;
    return z * ((gate < 0.0F ? 0.0F : gate > 6.0F ? 6.0F : gate) * unit);
  }
};

}  // namespace apq::engine::onednn
