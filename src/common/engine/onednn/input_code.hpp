#pragma once

#include "common/engine/onednn/convolution.hpp"

namespace apq::engine::onednn {

/// How the input of an integer layer is coded: x is about code * step.
struct InputCode {
  bool is_signed = false;
  float range = 0;
  int levels = 1;  ///< largest code
  float step() const { return static_cast<float>(static_cast<double>(range) / levels); }
  Number number() const { return is_signed ? Number::s8 : Number::u8; }
};

}  // namespace apq::engine::onednn
