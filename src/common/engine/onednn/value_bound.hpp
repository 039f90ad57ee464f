#pragma once

#include <cstddef>
#include <string>

#include "common/engine/onednn/coded_layer.hpp"

// Why this engine's labels cannot hide a NaN. It clips in the library's kernels and writes integers, and both turn a NaN into a number, so
// that what went wrong inside need not show in the logits, as it does with LibTorch. But weights and statistics are finite (they are
// checked when a supernet is read and when statistics are taken) and images come from bytes: a NaN can only arise where float32 overflows,
// from infinity less infinity or times zero. So every layer is compiled with a bound on its sums, from the bound on its inputs and its
// weights, and one that could overflow is refused. ReLU6 and quantisers bound what follows them; without them the bounds grow from layer to
// layer, and where one gets large the map itself is looked at while the network runs (rarely: 1e15 leaves room for many layers).
// The classifier needs none of this: nothing clips behind it, and evaluate() looks at the logits.
namespace apq::engine::onednn {

/// Of normalised images: pixels and means lie in [0, 1], deviations are 1e-6 or more (image::read_data_config).
inline constexpr double image_bound = 1e6;
/// Maps whose bound is larger are looked at, and refused where a value is.
inline constexpr double largest_unseen = 1e15;
/// Float32 ends at 3.4e38; what rounding adds to sums is far less than the rest.
inline constexpr double largest_sum = 1e37;

struct ValueBound {
  double sums;    ///< of |partial sums|, with norm, before the activation
  double output;  ///< of |y| as float
};

/// @param input  of |x|, of codes where the layer takes those. @param destination  of what is there before, where the epilogue adds to it.
ValueBound value_bound(CodedLayer const& layer, Epilogue const& epilogue, double input, double destination = 0);

/// Of numbers so bounded, after the epilogue's clipping.
double clipped_bound(Epilogue const& epilogue, double bound);

/// Of what a layer takes: codes where it takes those, else the map's values.
inline double input_bound(CodedLayer const& layer, double of_map) { return layer.input ? layer.input->levels : of_map; }

/// The same, for a layer whose sums must not overflow. @throws Error(numeric) naming the layer.
ValueBound require_bounded(CodedLayer const& layer, Epilogue const& epilogue, double input, double destination = 0);

/// @throws Error(numeric) naming the layer whose norm, given as numbers of such an epilogue, exceeds float32; also where statistics that
/// are no numbers made it so.
void require_finite_norm(CodedLayer const& layer, Epilogue const& epilogue);

/// @throws Error(numeric) where a value is not finite or beyond largest_unseen. @param layer  whose input this is
void require_small(float const* values, std::size_t count, std::string const& layer);

}  // namespace apq::engine::onednn
