#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace apq::train {

/// Weights of the predictor as its evaluation reads them: row-major [inputs, outputs], float32.
struct DenseLayer {
  int inputs = 0, outputs = 0;
  std::vector<float> weight, bias;
};

struct PackedMlp {
  DenseLayer architecture;  ///< [architecture bits of the encoding, hidden]
  DenseLayer bits;  ///< [bit-width bits of the encoding, hidden]; inputs = 0: full precision
  DenseLayer second, third;      ///< [hidden, hidden]
  std::vector<float> regressor;  ///< [hidden]
  float regressor_bias = 0;
};

/// Inputs of a batch as indices of ones: those of row i are ones[offsets[i]] ...
/// ones[offsets[i+1]-1], ascending, counted over both parts of the encoding.
struct OneHotBatch {
  std::vector<int> ones;
  std::vector<std::size_t> offsets{0};
  std::size_t size() const { return offsets.size() - 1; }
};

/// [batch.size()] outputs. A row's result does not depend on its place in the batch or on the other
/// rows, to the last bit, which a matrix product of a BLAS does not promise; so a population can be
/// split over ranks in any way.
std::vector<double> forward(PackedMlp const& mlp, OneHotBatch const& batch);

}  // namespace apq::train
