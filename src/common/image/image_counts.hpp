#pragma once

#include <cstddef>

namespace apq::image {

/// Into how many images the training source is split.
struct ImageCounts {
  int train, calibration, validation;
  bool operator==(ImageCounts const&) const = default;
};

/// Which of the counts somebody asked for; the others are defaults, which may shrink.
struct CountsGiven {
  bool train = false, calibration = false, validation = false;
};

/// The counts where the source has `available` images. Where they fit, they stay. Else, of those that nobody asked for, `train` gives way
/// first: to 0 where no supernet is trained (`trains_supernet`), else down to half of the images; then calibration and validation share
/// what is left in their own proportion. Where even that does not fit, because of what was asked for or of too few images, the counts
/// come back unchanged.
ImageCounts fitting_counts(ImageCounts wanted, CountsGiven given, bool trains_supernet, std::size_t available);

}  // namespace apq::image
