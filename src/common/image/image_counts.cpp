#include "common/image/image_counts.hpp"

#include <algorithm>
#include <cstdint>

namespace apq::image {

ImageCounts fitting_counts(ImageCounts wanted, CountsGiven given, bool trains_supernet, std::size_t available) {
  auto const there = static_cast<std::int64_t>(available);
  std::int64_t train = wanted.train, calibration = wanted.calibration, validation = wanted.validation;
  auto const others = calibration + validation;
  if (train + others <= there) return wanted;
  if (!given.train) {
    bool const others_are_fixed = given.calibration && given.validation;
    auto const least = trains_supernet ? (others_are_fixed ? 1 : there / 2) : 0;
    train = trains_supernet ? std::min(train, std::max(there - others, least)) : 0;
  }
  auto const left = there - train;
  if (others > left) {
    if (!given.calibration && !given.validation) {
      calibration = std::max<std::int64_t>(1, left * calibration / others);
      validation = left - calibration;
    } else if (!given.calibration) {
      calibration = left - validation;
    } else if (!given.validation) {
      validation = left - calibration;
    }
  }
  bool const fits = train >= 0 && calibration >= 1 && validation >= 1 && train + calibration + validation <= there;
  if (!fits) return wanted;
  return {static_cast<int>(train), static_cast<int>(calibration), static_cast<int>(validation)};
}

}  // namespace apq::image
