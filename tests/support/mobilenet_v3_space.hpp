#pragma once

#include "common/space/search_space.hpp"

namespace apq::test {

/// A small space of OFA-MobileNetV3's kind: squeeze-excite with and without, ReLU, h-swish, final expansion, two image sizes (the
/// smaller of which no stride divides), five classes.
inline space::SearchSpace mobilenet_v3_space() {
  return space::parse_space(R"(
image: {channels: 3, sizes: [18, 24], classes: 5}
stem: {width: 8, kernel: 3, stride: 2, activation: h_swish}
first_block: {width: 8, kernel: 3, activation: relu, shortcut: true}
final_expand: {width: 40}
feature_mix: {width: 48, activation: h_swish}
batch_norm: {epsilon: 1.0e-5, momentum: 0.1}
channel_divisor: 4
stages:
  - {width: 12, stride: 2, depths: [1, 2], kernels: [3, 5],    middle: {ratios: [3, 4, 6]}, activation: relu, squeeze_excite: true}
  - {width: 16, stride: 2, depths: [2, 3], kernels: [3, 5, 7], middle: {ratios: [3, 4, 6]}, activation: h_swish}
  - {width: 16, stride: 1, depths: [1, 2], kernels: [3, 5, 7], middle: {ratios: [3, 4, 6]}, activation: h_swish, squeeze_excite: true}
bits: {pw_w: [4, 6, 8], pw_a: [4, 6, 8], dw_w: [4, 6, 8], dw_a: [4, 6, 8]}
)",
                            "mobilenet_v3_space.yaml");
}

}  // namespace apq::test
