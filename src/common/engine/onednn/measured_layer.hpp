#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/ATen.h>

#include "common/engine/onednn/coded_layer.hpp"
#include "common/engine/onednn/squeeze_excite.hpp"

namespace apq::engine::onednn {

/// A convolution without its norm, and the norm that a batch's statistics make of it.
struct MeasuredLayer {
  std::size_t place;  ///< among the network's layers
  CodedLayer coded;
  std::optional<InputCode> next;      ///< of the layer that reads this one's output, where that takes integers
  Convolution convolution;            ///< of one chunk, to float
  at::Tensor norm_weight, norm_bias;  ///< float32
  double epsilon;
  std::int64_t in_size;
  at::Tensor matrix;  ///< float64 [out, in], of a layer that is one matrix product per pixel and widens its map; else undefined
  std::optional<SqueezeExcite> squeeze_excite;
  Epilogue to_floats = {},
           to_codes = {};                 ///< of the raw sums, for the batch at hand; codes where the next layer takes what this one writes
  std::optional<Convolution> fused = {};  ///< with that norm, writing what the next layer reads
  double output_bound = 0;                ///< of |outputs|, of the batch at hand

  ConvolutionShape const& shape() const { return convolution.shape(); }
  std::size_t in_values() const { return shape().in_values(); }  ///< of a chunk
  std::size_t out_values() const { return shape().out_values(); }
  std::size_t out_rows(std::int64_t images) const { return static_cast<std::size_t>(images * shape().out_size() * shape().out_size()); }

  bool is_widening_matrix() const { return matrix.defined(); }
  bool writes_codes() const { return next && next->step() > 0 && !squeeze_excite; }

  /// @param mean, variance  [out_channels], of the outputs on so many images @throws Error(numeric) where they or the norm are not finite
  void set_norm(std::vector<double> const& mean, std::vector<double> const& variance, std::int64_t images);
  /// @param input  bound of |inputs| @throws Error(numeric) where sums could overflow
  void fuse(double input);
};

/// MeasuredLayer::matrix of a layer.
at::Tensor widening_matrix(CodedLayer const& layer);

}  // namespace apq::engine::onednn
