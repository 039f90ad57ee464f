#include "train/mlp_forward.hpp"

#include <algorithm>

// One source, several instruction sets, chosen when the program starts. Address sanitizer and such
// resolvers do not mix.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define APQ_CLONES __attribute__((target_clones("default", "arch=haswell", "arch=skylake-avx512")))
#else
#define APQ_CLONES
#endif

namespace apq::train {
namespace {

constexpr int rows_at_once = 8;
constexpr int columns_at_once = 32;

/// out[r][j] = sum over i of in[r][i] * weight[i][j], for rows_at_once rows; every row sums in the
/// order of i.
APQ_CLONES void multiply_rows(float const* in, int inputs, float const* weight, int outputs,
                              float* out) {
  int j = 0;
  for (; j + columns_at_once <= outputs; j += columns_at_once) {
    float sum[rows_at_once][columns_at_once] = {};
    for (int i = 0; i < inputs; ++i) {
      float const* const w = weight + static_cast<std::size_t>(i) * outputs + j;
      for (int r = 0; r < rows_at_once; ++r) {
        float const x = in[r * inputs + i];
        for (int c = 0; c < columns_at_once; ++c) sum[r][c] += x * w[c];
      }
    }
    for (int r = 0; r < rows_at_once; ++r)
      std::copy_n(sum[r], columns_at_once, out + r * outputs + j);
  }
  for (; j < outputs; ++j)
    for (int r = 0; r < rows_at_once; ++r) {
      float sum = 0;
      for (int i = 0; i < inputs; ++i)
        sum += in[r * inputs + i] * weight[static_cast<std::size_t>(i) * outputs + j];
      out[r * outputs + j] = sum;
    }
}

void add_bias_relu(std::vector<float>& values, std::vector<float> const& bias) {
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = std::max(0.f, values[i] + bias[i % bias.size()]);
}

void add_columns(DenseLayer const& layer, std::span<int const> ones, int first, float* out) {
  for (int const one : ones) {
    float const* const row =
        layer.weight.data() + static_cast<std::size_t>(one - first) * layer.outputs;
    for (int j = 0; j < layer.outputs; ++j) out[j] += row[j];
  }
}

}  // namespace

std::vector<double> forward(PackedMlp const& mlp, OneHotBatch const& batch) {
  int const hidden = mlp.architecture.outputs;
  std::vector<float> h1(static_cast<std::size_t>(rows_at_once) * hidden), h2(h1.size()),
      h3(h1.size());
  std::vector<double> result(batch.size());
  for (std::size_t first = 0; first < batch.size(); first += rows_at_once) {
    auto const rows = std::min<std::size_t>(rows_at_once, batch.size() - first);
    std::fill(h1.begin(), h1.end(), 0.f);
    for (std::size_t r = 0; r < rows; ++r) {
      auto const begin = batch.offsets[first + r], end = batch.offsets[first + r + 1];
      std::span<int const> const ones(batch.ones.data() + begin, end - begin);
      auto const bits_begin =
          std::lower_bound(ones.begin(), ones.end(), mlp.architecture.inputs) - ones.begin();
      float* const h = h1.data() + r * static_cast<std::size_t>(hidden);
      std::copy(mlp.architecture.bias.begin(), mlp.architecture.bias.end(), h);
      add_columns(mlp.architecture, ones.first(static_cast<std::size_t>(bits_begin)), 0, h);
      for (int j = 0; j < hidden; ++j) h[j] = std::max(0.f, h[j]);
      if (mlp.bits.inputs > 0) {
        for (int j = 0; j < hidden; ++j) h[j] += mlp.bits.bias[static_cast<std::size_t>(j)];
        add_columns(mlp.bits, ones.subspan(static_cast<std::size_t>(bits_begin)),
                    mlp.architecture.inputs, h);
      }
    }
    multiply_rows(h1.data(), hidden, mlp.second.weight.data(), hidden, h2.data());
    add_bias_relu(h2, mlp.second.bias);
    multiply_rows(h2.data(), hidden, mlp.third.weight.data(), hidden, h3.data());
    add_bias_relu(h3, mlp.third.bias);
    for (std::size_t r = 0; r < rows; ++r) {
      double sum = mlp.regressor_bias;
      for (int j = 0; j < hidden; ++j)
        sum += static_cast<double>(
                   h3[r * static_cast<std::size_t>(hidden) + static_cast<std::size_t>(j)]) *
               mlp.regressor[static_cast<std::size_t>(j)];
      result[first + r] = sum;
    }
  }
  return result;
}

}  // namespace apq::train
