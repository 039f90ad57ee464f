#pragma once

#include <string>

#include "common/space/search_space.hpp"

namespace apq::test {

/// Two stages, four blocks, two image sizes.
inline space::SearchSpace table_space() {
  return space::parse_space(R"(
image: {channels: 3, sizes: [32, 48], classes: 10}
stem: {width: 8, kernel: 3, stride: 2, activation: h_swish}
first_block: {width: 8, kernel: 3, activation: relu}
feature_mix: {width: 32}
stages:
  - {width: 8, stride: 2, depths: [1, 2], kernels: [3, 5], middle: {ratios: [2, 4]}}
  - {width: 16, stride: 2, depths: [1, 2], kernels: [3, 5], middle: {ratios: [2, 4]}, squeeze_excite: true, activation: h_swish}
bits: {pw_w: [4, 8], pw_a: [4, 8], dw_w: [4, 8], dw_a: [4, 8]}
)",
                            "table_space.yaml");
}

inline std::string spec(int kernel, int size, std::string const& more = "") {
  return R"({"ks": [)" + std::to_string(kernel) + R"(, 3, 5, 3], "e": [2, 4, 2, 4], "d": [2, 1], "r": )" + std::to_string(size) + more +
         "}";
}

}  // namespace apq::test
