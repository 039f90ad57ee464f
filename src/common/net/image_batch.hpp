#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "common/image/image_set.hpp"

namespace apq::net {

/// float32 [count, channels, size, size], (pixel / 255 - mean) / deviation, of images [first, first + count) of a split.
at::Tensor normalised_batch(image::Split const& split, std::size_t first, std::size_t count, double mean, double deviation);
/// int64 [count].
at::Tensor label_batch(image::Split const& split, std::size_t first, std::size_t count);

/// A split as ready batches, made once and shared by all subnets.
struct LabelledBatches {
  std::vector<at::Tensor> images, labels;
};
LabelledBatches make_batches(image::Split const& split, std::size_t batch_size, double mean, double deviation);

}  // namespace apq::net
