#include "common/image/image_set.hpp"

#include <algorithm>

namespace apq::image {

std::optional<Split> Split::at_size(int size) const {
  if (decoded && decoded->size == size) return *this;
  auto const found = std::ranges::find_if(smaller, [size](auto const& set) { return set->size == size; });
  if (found == smaller.end()) return std::nullopt;
  Split split = *this;
  split.decoded = *found;
  return split;
}

}  // namespace apq::image
