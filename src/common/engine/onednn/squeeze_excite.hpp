#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "common/engine/onednn/coded_layer.hpp"
#include "common/engine/onednn/convolution.hpp"

namespace apq::engine::onednn {

/// Multiplies every channel of a map by its gate, which two matrices make of the map's mean (SqueezeExciteUnit). Compiled for one batch.
class SqueezeExcite {
 public:
  /// @param layers  reduce and expand, as coded_layers() makes them. @param size  of the map.
  SqueezeExcite(std::span<CodedLayer const, 2> layers, std::int64_t batch, std::int64_t size);
  /// Shows the float input of either matrix, [batch, channels].
  using Observer = std::function<void(std::size_t matrix, float const* input, std::int64_t channels)>;
  /// @param map  [batch, size, size, channels]
  void run(float* map, Observer const& observe = {});
  /// @param map  bound of |values| @throws Error(numeric) where sums could overflow (value_bound.hpp)
  void require_bounded(double map) const;

 private:
  struct Matrix {
    Convolution convolution;
    std::optional<InputCode> input;
    std::vector<float> floats;        // [batch, in]
    std::vector<std::uint8_t> codes;  // of them, where the layer is quantised
    void run(float* output);
  };
  Matrix compile(CodedLayer const& layer) const;

  std::int64_t batch_, size_;
  std::array<CodedLayer, 2> layers_;  // without their weights
  Matrix reduce_, expand_;
  std::vector<float> gates_;
};

}  // namespace apq::engine::onednn
