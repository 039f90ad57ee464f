#pragma once

#include <cstdint>
#include <vector>

namespace apq::image {

/// A decoded picture: uint8 [height, width, channels], rows on end.
struct Picture {
  int width = 0, height = 0, channels = 0;
  std::vector<std::uint8_t> pixels;
};

}  // namespace apq::image
