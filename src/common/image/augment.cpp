#include "common/image/augment.hpp"

namespace apq::image {

void augment(std::span<std::uint8_t const> image, int channels, int size, Augmentation const& augmentation,
             RandomStream& random, std::span<std::uint8_t> out) {
  bool const flip = augmentation.flip && random.chance(0.5);
  auto draw = [&] {
    return augmentation.shift == 0
               ? 0
               : static_cast<int>(random.below(static_cast<std::uint64_t>(2 * augmentation.shift + 1))) - augmentation.shift;
  };
  int const dx = draw();
  int const dy = draw();
  for (int c = 0; c < channels; ++c)
    for (int y = 0; y < size; ++y)
      for (int x = 0; x < size; ++x) {
        int const from_y = y - dy;
        int const from_x = (flip ? size - 1 - x : x) - dx;
        bool const inside = from_y >= 0 && from_y < size && from_x >= 0 && from_x < size;
        out[static_cast<std::size_t>((c * size + y) * size + x)] =
            inside ? image[static_cast<std::size_t>((c * size + from_y) * size + from_x)] : std::uint8_t{0};
      }
}

}  // namespace apq::image
