#pragma once

#include <string>

#include <gtest/gtest.h>

#include "common/cost/cost_model.hpp"
#include "search/domain.hpp"
#include "support/shared_data.hpp"

// Spaces to search in, with what their subnets cost.
namespace apq::search {

// Two blocks: small enough that random draws find every member.
inline char const* const tiny_yaml = R"(
name: tiny
image: {channels: 1, SIZES, classes: 2}
stem: {width: 4, kernel: 3, stride: 2}
first_block: {width: 4, kernel: 3}
feature_mix: {width: 8}
channel_divisor: 4
stages:
  - {width: 8, stride: 2, depths: [1, 2], kernels: [3, 5], middle: {min_ratio: 1, max_ratio: 2, step: 4}}
bits: {pw_w: [4, 8], pw_a: [4, 8], dw_w: [8], dw_a: [4, 8]}
forbidden:
  - {kernel: 5, role: dw_a, bits: 4}
)";

struct Setting {
  space::SearchSpace space;
  cost::CostModel cost_model;
  explicit Setting(space::SearchSpace s) : space(std::move(s)), cost_model(space, {}) {}
};

inline char const* const one_size = "size: 8";
inline char const* const three_sizes = "sizes: {min: 8, max: 16, step: 4}";
inline Setting tiny(std::string const& sizes) {
  std::string yaml = tiny_yaml;
  return Setting(space::parse_space(yaml.replace(yaml.find("SIZES"), 5, sizes), "tiny.yaml"));
}
inline Setting small() { return Setting(space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml")); }

}  // namespace apq::search
