#include "train/mlp_forward.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

// One source, compiled for several instruction sets, the widest of which is chosen at run time. Every sum runs over its
// inputs in their order. Rows go through tiles of one height, the last one filled up: whether a compiler fuses a multiplication with the
// addition behind it may depend on the tile, and a row's result must not depend on the rows beside it.
#if defined(__x86_64__) && defined(__GNUC__)
#define APQ_X86_DISPATCH 1
#endif

namespace apq::train {

PackedLayer::PackedLayer(int inputs, std::vector<float> const& weight, std::vector<float> const& bias, int panel_columns)
    : inputs_(inputs), panel_columns_(panel_columns) {
  auto const outputs = static_cast<int>(bias.size());
  bias_.assign(bias.begin(), bias.end());
  bias_.resize(static_cast<std::size_t>((outputs + lanes - 1) / lanes * lanes), 0.f);
  weight_.assign(static_cast<std::size_t>(inputs) * bias_.size(), 0.f);
  for (int j = 0; j < outputs; ++j) {
    int const first = j / panel_columns * panel_columns;
    float* const to = weight_.data() + static_cast<std::ptrdiff_t>(first) * inputs + (j - first);
    for (int i = 0; i < inputs; ++i)
      to[static_cast<std::ptrdiff_t>(i) * columns_of(first)] =
          weight[static_cast<std::size_t>(i) * bias.size() + static_cast<std::size_t>(j)];
  }
}

namespace {

// Rows that go through the layers together: their activations stay in the second-level cache beside a panel of weights.
constexpr std::size_t chunk_rows = 96;

/// Activations [chunk_rows, stride].
struct Activations {
  AlignedFloats values;
  std::ptrdiff_t stride;
  explicit Activations(int padded_outputs) : values(chunk_rows * static_cast<std::size_t>(padded_outputs)), stride(padded_outputs) {}
  float* row(std::size_t r) { return values.data() + static_cast<std::ptrdiff_t>(r) * stride; }
};

/// What the passes below work with.
struct Chunk {
  PackedMlp const& mlp;
  OneHotBatch const& batch;
  std::size_t first, rows;  ///< of the batch
  Activations &from, &to;
  std::array<std::size_t, chunk_rows> bits_begin;  ///< places in batch.ones
};

std::array<std::size_t, chunk_rows> find_bits(PackedMlp const& mlp, OneHotBatch const& batch, std::size_t first, std::size_t rows) {
  std::array<std::size_t, chunk_rows> result{};
  for (std::size_t r = 0; r < rows; ++r) {
    auto const begin = batch.ones.begin() + static_cast<std::ptrdiff_t>(batch.offsets[first + r]);
    auto const end = batch.ones.begin() + static_cast<std::ptrdiff_t>(batch.offsets[first + r + 1]);
    result[r] = static_cast<std::size_t>(std::lower_bound(begin, end, mlp.architecture.inputs()) - batch.ones.begin());
  }
  return result;
}

// Inlined into the caller, whose instruction set it is compiled for.
#define APQ_INLINE __attribute__((always_inline)) static inline

/// The passes with vectors of `Lanes` floats and tiles of `TileRows` rows.
template <int Lanes, int TileRows>
struct Passes {
  static constexpr int max_vectors = 3;  // per tile and row
  typedef float Vector __attribute__((vector_size(Lanes * sizeof(float)), aligned(alignof(float)), may_alias));

  APQ_INLINE Vector& at(float* p) { return *reinterpret_cast<Vector*>(p); }
  APQ_INLINE Vector const& at(float const* p) { return *reinterpret_cast<Vector const*>(p); }
  APQ_INLINE void cut_below_zero(Vector& x) { x = x > 0.f ? x : Vector{}; }

  /// Adds the rows of weights that are one, ones[begin] ... ones[end - 1], less `origin`, to columns of a row.
  template <int Vectors>
  APQ_INLINE void add_ones(Vector (&sum)[Vectors], std::vector<int> const& ones, std::size_t begin, std::size_t end, int origin,
                           float const* weight, int width) {
    for (auto i = begin; i < end; ++i)
      for (int v = 0; v < Vectors; ++v) sum[v] += at(weight + static_cast<std::ptrdiff_t>(ones[i] - origin) * width + v * Lanes);
  }

  /// Columns [column, column + Vectors * Lanes) of a panel of the first layers, for all rows of one before the other.
  template <int Vectors>
  APQ_INLINE void embed_columns(Chunk const& c, int panel, int column, int width) {
    auto const& [architecture, bits, second, third, regressor, regressor_bias] = c.mlp;
    int const from = panel + column;
    for (std::size_t r = 0; r < c.rows; ++r) {
      Vector sum[Vectors];
      for (int v = 0; v < Vectors; ++v) sum[v] = at(architecture.bias() + from + v * Lanes);
      add_ones<Vectors>(sum, c.batch.ones, c.batch.offsets[c.first + r], c.bits_begin[r], 0, architecture.panel(panel) + column, width);
      for (int v = 0; v < Vectors; ++v) cut_below_zero(sum[v]);
      for (int v = 0; v < Vectors; ++v) at(c.to.row(r) + from + v * Lanes) = sum[v];
    }
    if (bits.inputs() == 0) return;
    for (std::size_t r = 0; r < c.rows; ++r) {
      Vector sum[Vectors];
      for (int v = 0; v < Vectors; ++v) sum[v] = at(c.to.row(r) + from + v * Lanes) + at(bits.bias() + from + v * Lanes);
      add_ones<Vectors>(sum, c.batch.ones, c.bits_begin[r], c.batch.offsets[c.first + r + 1], architecture.inputs(),
                        bits.panel(panel) + column, width);
      for (int v = 0; v < Vectors; ++v) at(c.to.row(r) + from + v * Lanes) = sum[v];
    }
  }

  template <int Rows, int Vectors>
  APQ_INLINE void multiply_tile(float const* in, std::ptrdiff_t stride, int inputs, float const* weight, int width, float const* bias,
                                float* out, std::ptrdiff_t out_stride) {
    Vector sum[Rows][Vectors];
    for (int r = 0; r < Rows; ++r)
      for (int v = 0; v < Vectors; ++v) sum[r][v] = at(bias + v * Lanes);
    for (int i = 0; i < inputs; ++i, weight += width)
      for (int r = 0; r < Rows; ++r)
        for (int v = 0; v < Vectors; ++v) sum[r][v] += in[r * stride + i] * at(weight + v * Lanes);
    for (int r = 0; r < Rows; ++r)
      for (int v = 0; v < Vectors; ++v) {
        cut_below_zero(sum[r][v]);
        at(out + r * out_stride + v * Lanes) = sum[r][v];
      }
  }

  /// Columns [column, column + Vectors * Lanes) of a panel for all rows: ReLU(bias + row x weights). Rows behind the last one hold whatever
  /// was there, and nobody reads what becomes of them.
  template <int Vectors>
  APQ_INLINE void multiply_columns(Chunk const& c, PackedLayer const& layer, int panel, int column, int width) {
    static_assert(chunk_rows % TileRows == 0);
    for (std::size_t r = 0; r < c.rows; r += TileRows)
      multiply_tile<TileRows, Vectors>(c.from.row(r), c.from.stride, layer.inputs(), layer.panel(panel) + column, width,
                                       layer.bias() + panel + column, c.to.row(r) + panel + column, c.to.stride);
  }

  /// Calls `work(panel, column, width, number of vectors as a type)` over all columns.
  template <class Work>
  APQ_INLINE void over_columns(PackedLayer const& layer, Work const& work) {
    for (int panel = 0; panel < layer.padded_outputs(); panel += layer.panel_columns()) {
      int const width = layer.columns_of(panel);
      int column = 0;
      for (; column + 3 * Lanes <= width; column += 3 * Lanes) work(panel, column, width, std::integral_constant<int, 3>{});
      for (; column + 2 * Lanes <= width; column += 2 * Lanes) work(panel, column, width, std::integral_constant<int, 2>{});
      for (; column + Lanes <= width; column += Lanes) work(panel, column, width, std::integral_constant<int, 1>{});
    }
  }

  APQ_INLINE void run(PackedMlp const& mlp, OneHotBatch const& batch, std::size_t first, std::size_t rows, Activations& a, Activations& b,
                      double* out) {
    Chunk const embedding{mlp, batch, first, rows, b, a, find_bits(mlp, batch, first, rows)};
    over_columns(
        mlp.architecture, [&](int panel, int column, int width, auto vectors)
                              __attribute__((always_inline)) { embed_columns<vectors>(embedding, panel, column, width); });
    Chunk const second{mlp, batch, first, rows, a, b, {}};
    over_columns(
        mlp.second, [&](int panel, int column, int width, auto vectors)
                        __attribute__((always_inline)) { multiply_columns<vectors>(second, mlp.second, panel, column, width); });
    Chunk const third{mlp, batch, first, rows, b, a, {}};
    over_columns(
        mlp.third, [&](int panel, int column, int width, auto vectors)
                       __attribute__((always_inline)) { multiply_columns<vectors>(third, mlp.third, panel, column, width); });
    constexpr int parts = PackedLayer::lanes;
    for (std::size_t r = 0; r < rows; ++r) {
      std::array<double, parts> sum{};
      float const* const h = a.row(r);
      for (int j = 0; j < static_cast<int>(mlp.regressor.size()); j += parts)
        for (int p = 0; p < parts; ++p)
          sum[static_cast<std::size_t>(p)] +=
              static_cast<double>(h[j + p]) * static_cast<double>(mlp.regressor[static_cast<std::size_t>(j + p)]);
      double total = mlp.regressor_bias;
      for (double const part : sum) total += part;
      out[r] = total;
    }
  }
};

#undef APQ_INLINE

using Run = void (*)(PackedMlp const&, OneHotBatch const&, std::size_t, std::size_t, Activations&, Activations&, double*);

void run_portable(PackedMlp const& mlp, OneHotBatch const& batch, std::size_t first, std::size_t rows, Activations& a, Activations& b,
                  double* out) {
  Passes<4, 4>::run(mlp, batch, first, rows, a, b, out);
}

#ifdef APQ_X86_DISPATCH
__attribute__((target("avx2,fma"))) void run_avx2(PackedMlp const& mlp, OneHotBatch const& batch, std::size_t first, std::size_t rows,
                                                  Activations& a, Activations& b, double* out) {
  Passes<8, 4>::run(mlp, batch, first, rows, a, b, out);
}

__attribute__((target("avx512f,avx512vl,avx512dq,avx2,fma"))) void run_avx512(PackedMlp const& mlp, OneHotBatch const& batch,
                                                                              std::size_t first, std::size_t rows, Activations& a,
                                                                              Activations& b, double* out) {
  Passes<16, 8>::run(mlp, batch, first, rows, a, b, out);
}
#endif

Run widest() {
#ifdef APQ_X86_DISPATCH
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) return run_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return run_avx2;
#endif
  return run_portable;
}

}  // namespace

void forward(PackedMlp const& mlp, OneHotBatch const& batch, std::span<double> out) {
  static Run const run = widest();
  Activations a(mlp.second.padded_outputs()), b(mlp.second.padded_outputs());
  for (std::size_t first = 0; first < batch.size(); first += chunk_rows)
    run(mlp, batch, first, std::min(chunk_rows, batch.size() - first), a, b, out.data() + first);
}

}  // namespace apq::train
