#pragma once

#include <string>

#include <fmt/format.h>

// State-dict names of the release (APQ spec A5); block i of the space is blocks.{i+1} there, blocks.0 is the fixed first block.
namespace apq::net::parameter_names {

inline std::string block(int i) { return fmt::format("blocks.{}.mobile_inverted_conv", i + 1); }
inline std::string expand(int i) { return block(i) + ".inverted_bottleneck"; }
inline std::string depthwise(int i) { return block(i) + ".depth_conv"; }
inline std::string project(int i) { return block(i) + ".point_linear"; }
inline std::string squeeze_excite(int i) { return depthwise(i) + ".se.fc"; }  ///< .reduce and .expand; OFA's names
/// Learned map from the k x k filter to the (k-2) x (k-2) one: [ (k-2)^2, (k-2)^2 ].
inline std::string kernel_matrix(int i, int from, int to) { return fmt::format("{}.conv.{}to{}_matrix", depthwise(i), from, to); }
inline constexpr char const* first_block = "blocks.0.mobile_inverted_conv";
inline constexpr char const* stem = "first_conv";
inline constexpr char const* final_expand = "final_expand_layer";
inline constexpr char const* feature_mix = "feature_mix_layer";
inline constexpr char const* classifier = "classifier.linear";

}  // namespace apq::net::parameter_names
