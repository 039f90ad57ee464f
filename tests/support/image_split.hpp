#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "common/core/random.hpp"
#include "common/image/image_set.hpp"

namespace apq::test {

/// A decoded split of random grey or coloured pixels, labels in turn.
inline image::Split random_split(std::string const& name, int num, int channels, int size, int num_classes, std::uint64_t seed = 1) {
  auto pixels = std::make_shared<std::vector<std::uint8_t>>(static_cast<std::size_t>(num) * channels * size * size);
  RandomStream random(seed, "test.split");
  for (auto& pixel : *pixels) pixel = static_cast<std::uint8_t>(std::min(255.0, 256 * random.uniform()));
  auto set = std::make_shared<image::ImageSet>();
  set->num = num;
  set->channels = channels;
  set->size = size;
  set->num_classes = num_classes;
  set->pixels = *pixels;
  for (int i = 0; i < num; ++i) set->labels.push_back(i % num_classes);
  set->owner = pixels;
  image::Split split{name, std::vector<std::uint32_t>(static_cast<std::size_t>(num)), "fingerprint of " + name, set};
  std::iota(split.indices.begin(), split.indices.end(), 0U);
  return split;
}

}  // namespace apq::test
