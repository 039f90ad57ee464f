#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <vector>

namespace apq::train {

/// Memory that begins with a cache line, so that no vector register is loaded from two of them.
template <class T>
struct LineAllocator {
  using value_type = T;
  static constexpr std::align_val_t line{64};
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), line)); }
  void deallocate(T* p, std::size_t) { ::operator delete(p, line); }
  bool operator==(LineAllocator const&) const { return true; }
};
using AlignedFloats = std::vector<float, LineAllocator<float>>;

/// A linear layer as its evaluation reads it: float32 weights [inputs, outputs], cut into panels of some outputs, so that the
/// columns a loop works on lie side by side. Outputs are padded with zeros to a multiple of lanes.
class PackedLayer {
 public:
  static constexpr int lanes = 16;

  PackedLayer() = default;  ///< without inputs: a layer that is not there
  /// @param weight         row-major [inputs, outputs]
  /// @param panel_columns  a multiple of lanes; the last panel may be narrower
  PackedLayer(int inputs, std::vector<float> const& weight, std::vector<float> const& bias, int panel_columns);

  int inputs() const { return inputs_; }
  int padded_outputs() const { return static_cast<int>(bias_.size()); }
  int panel_columns() const { return panel_columns_; }
  /// Columns [first, first + columns_of(first)) as [inputs, columns_of(first)]; `first` is a multiple of panel_columns().
  float const* panel(int first) const { return weight_.data() + static_cast<std::ptrdiff_t>(first) * inputs_; }
  int columns_of(int first) const { return padded_outputs() - first < panel_columns_ ? padded_outputs() - first : panel_columns_; }
  float const* bias() const { return bias_.data(); }

 private:
  int inputs_ = 0, panel_columns_ = lanes;
  AlignedFloats weight_, bias_;
};

/// Panels that forward() is quickest with: of the layers that take ones a panel is about as large as a core's first-level cache, of
/// the others it fills three registers a row.
inline constexpr int one_hot_columns = 2 * PackedLayer::lanes, dense_columns = 3 * PackedLayer::lanes;

struct PackedMlp {
  PackedLayer architecture;   ///< [architecture bits of the encoding, hidden], one_hot_columns
  PackedLayer bits;           ///< [bit-width bits of the encoding, hidden], one_hot_columns; inputs = 0: full precision
  PackedLayer second, third;  ///< [hidden, hidden], dense_columns
  AlignedFloats regressor;    ///< [hidden, padded as the layers' outputs]
  float regressor_bias = 0;
};

/// Inputs of a batch as indices of ones: those of row i are ones[offsets[i]] ... ones[offsets[i+1]-1], ascending.
struct OneHotBatch {
  std::vector<int> ones;  ///< counted over both parts of the encoding
  std::vector<std::size_t> offsets{0};
  std::size_t size() const { return offsets.size() - 1; }
  void clear() {
    ones.clear();
    offsets.resize(1);
  }
};

/// @param out  [batch.size()] outputs. A row's result does not depend on its place in the batch or on the other rows, to
/// the last bit, which a matrix product of a BLAS does not promise; so a population can be split over ranks in any way.
void forward(PackedMlp const& mlp, OneHotBatch const& batch, std::span<double> out);

}  // namespace apq::train
