#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <ATen/ATen.h>

namespace apq::engine::onednn {

/// Floats that are not set when they are made; grows, and never shrinks.
class FloatBuffer {
 public:
  void resize(std::size_t values) {
    if (values > size_) tensor_ = at::empty({static_cast<std::int64_t>(values)}, at::kFloat);
    size_ = std::max(size_, values);
  }
  float* data() { return tensor_.data_ptr<float>(); }

 private:
  at::Tensor tensor_ = at::empty({0}, at::kFloat);
  std::size_t size_ = 0;
};

}  // namespace apq::engine::onednn
