#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "common/space/layer_kinds.hpp"

// What the oneDNN engine asks of the library, the same for its versions 2 and 3. Maps are channels-last,
// [batch, height, width, channels], without gaps.
namespace apq::engine::onednn {

enum class Number { f32, s8, u8 };
std::size_t bytes_of(Number number);

/// Square maps and filters, padding kernel / 2.
struct ConvolutionShape {
  std::int64_t batch, in_channels, out_channels, in_size, kernel, stride, groups;
  std::int64_t out_size() const { return (in_size + 2 * (kernel / 2) - kernel) / stride + 1; }
  std::size_t in_values() const { return static_cast<std::size_t>(batch * in_size * in_size * in_channels); }
  std::size_t out_values() const { return static_cast<std::size_t>(batch * out_size() * out_size() * out_channels); }
};

/// What happens to the sum of products before it is written:
/// y = clip(z), or clip(unit * curve(z)) where there is a curve, with z = scale_c * sum + shift_c + (destination's old value if
/// `adds_to_destination`: then without a curve and to floats); rounded half to even and saturated where the destination is an integer.
struct Epilogue {
  std::vector<float> scales, shifts;       ///< [out_channels] both, or both empty: 1 and 0
  std::optional<space::Activation> curve;  ///< one that is no clip (activation.hpp)
  float unit = 1;                          ///< of a curve alone: others have it in their scales
  std::optional<float> lowest, highest;    ///< both or none
  bool adds_to_destination = false;
};

/// One convolution, compiled for one batch size. Immutable; sums of integer products are exact.
class Convolution {
 public:
  /// @param weights  [out_channels, in_channels / groups, kernel, kernel], contiguous.
  /// @throws Error(numeric) where the library has no such kernel.
  Convolution(ConvolutionShape const& shape, Number source, Number destination, std::span<float const> weights, Epilogue const& epilogue);
  Convolution(ConvolutionShape const& shape, Number source, Number destination, std::span<std::int8_t const> weights,
              Epilogue const& epilogue);
  Convolution(Convolution&&) noexcept;
  Convolution& operator=(Convolution&&) noexcept;
  ~Convolution();
  void run(void const* source, void* destination) const;
  ConvolutionShape const& shape() const;
  Number source() const;
  Number destination() const;

 private:
  struct State;
  template <class T>
  static std::unique_ptr<State> make_state(ConvolutionShape const& shape, Number source, Number destination, std::span<T const> weights,
                                           Epilogue const& epilogue);
  std::unique_ptr<State> state_;
};

/// "oneDNN 2.6.3"
std::string library_name();

}  // namespace apq::engine::onednn
