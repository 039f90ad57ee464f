#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <string_view>

// What layers there are beside convolutions, in one place: reading a space, slicing, the quantiser and the engines ask here.
namespace apq::space {

/// Nonlinearity after a convolution's batch norm.
enum class Activation {
  relu6,    ///< min(max(x, 0), 6)
  h_swish,  ///< x * relu6(x + 3) / 6 (Howard et al., ICCV 2019)
  relu      ///< max(x, 0)
};

/// A row of the table below. One that only clips needs nothing else: every executor makes it of its two limits. Others are computed in
/// net/activation.cpp and engine/onednn/activation.hpp.
struct ActivationKind {
  Activation value;
  std::string_view name;   ///< in a space's file, and in its hash
  double lowest, highest;  ///< all outputs lie between, and |y| <= max(|x|, 1)
  bool is_clip;            ///< y = min(max(x, lowest), highest)
};
inline constexpr double no_limit = std::numeric_limits<double>::infinity();
inline constexpr std::array activation_kinds{ActivationKind{Activation::relu6, "relu6", 0, 6, true},
                                             ActivationKind{Activation::h_swish, "h_swish", -0.375, no_limit, false},
                                             ActivationKind{Activation::relu, "relu", 0, no_limit, true}};

constexpr ActivationKind const& kind_of(Activation activation) { return activation_kinds[static_cast<std::size_t>(activation)]; }
static_assert(std::ranges::all_of(activation_kinds, [](auto const& kind) { return &kind_of(kind.value) == &kind; }), "in the enum's order");

/// Its outputs can be negative: a quantiser spends a bit on the sign.
constexpr bool has_sign(Activation activation) { return kind_of(activation).lowest < 0; }

/// Squeeze-excite (Hu et al., CVPR 2018; Howard et al., ICCV 2019): every channel of x times
/// h_sigmoid(expand(hidden(reduce(mean of x over the map))), h_sigmoid(v) = min(max(v + 3, 0), 6) / 6, in [0, 1]: the map keeps its sign
/// and its bounds.
inline constexpr Activation squeeze_excite_hidden = Activation::relu;

/// Channels between the two layers of a squeeze-excite unit on `channels`, as OFA sizes them: a quarter, made divisible by `divisor`.
int squeezed_channels(int channels, int divisor);

}  // namespace apq::space
