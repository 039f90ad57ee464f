#pragma once

#include "common/space/search_space.hpp"

// Spaces so small that a test can go through all of them.
namespace apq::test {

/// 16 subnets: four in each of two stages; one bit width each, so that with them there are as many.
inline space::SearchSpace tiny_space() {
  return space::parse_space(R"(
name: tiny
image: {channels: 1, size: 32, classes: 10}
stem: {width: 16, kernel: 3, stride: 2}
first_block: {width: 8, kernel: 3}
feature_mix: {width: 32}
batch_norm: {epsilon: 1.0e-3, momentum: 0.1}
channel_divisor: 4
stages:
  - {width: 16, stride: 2, depths: [1], kernels: [3, 5], middle: {min_ratio: 1.5, max_ratio: 2, step: 4}}
  - {width: 32, stride: 2, depths: [1], kernels: [3, 5], middle: {min_ratio: 1.5, max_ratio: 2, step: 8}}
bits: {pw_w: [8], pw_a: [8], dw_w: [8], dw_a: [8]}
)",
                            "tiny");
}

/// A few hundred subnets of several depths and two image sizes, thousands with bits, some of which are forbidden.
inline space::SearchSpace few_hundred_subnets() {
  return space::parse_space(R"(
name: few
image: {channels: 1, sizes: [24, 32], classes: 10}
stem: {width: 16, kernel: 3, stride: 2}
first_block: {width: 8, kernel: 3}
feature_mix: {width: 32}
batch_norm: {epsilon: 1.0e-3, momentum: 0.1}
channel_divisor: 4
stages:
  - {width: 16, stride: 2, depths: [1, 2], kernels: [3, 5], middle: {min_ratio: 1.5, max_ratio: 2, step: 4}}
  - {width: 32, stride: 2, depths: [1], kernels: [3, 7], middle: {min_ratio: 1.5, max_ratio: 2, step: 8}}
bits: {pw_w: [4, 8], pw_a: [8], dw_w: [8], dw_a: [4, 8]}
forbidden:
  - {kernel: 7, role: dw_a, bits: 4}
)",
                            "few");
}

}  // namespace apq::test
