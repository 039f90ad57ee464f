#pragma once

#include <vector>

#include <ATen/ATen.h>

#include "common/image/data_config.hpp"

namespace apq::engine {

/// uint8 [batch, channels, size, size] -> float32 of the same shape, channels last: (pixel / 255 - mean) / deviation.
at::Tensor normalised(at::Tensor const& bytes, image::Normalisation const& normalisation);
/// That of images [first, first + count) of a decoded split.
at::Tensor normalised_batch(image::Split const& split, std::size_t first, std::size_t count, image::Normalisation const& normalisation);
/// int64 [count].
at::Tensor label_batch(image::Split const& split, std::size_t first, std::size_t count);

/// A split as batches of normalised images, float32 [batch, channels, size, size]. Few images are normalised once and kept; of many
/// each batch is made anew from the node's shared bytes every time it is asked for, so that ranks hold no copies of
/// their own. The values are the same.
class ImageBatches {
 public:
  ImageBatches() = default;
  /// Batches that are there already.
  ImageBatches(std::vector<at::Tensor> ready) : ready_(std::move(ready)), size_(ready_.size()) {}  // NOLINT: implicit
  ImageBatches(image::Split split, std::size_t batch_size, image::Normalisation normalisation,
               std::size_t most_bytes_kept = std::size_t{64} << 20);
  /// Bytes that are kept on a device and normalised there. The values are the same.
  static ImageBatches on(at::Device device, image::Split const& split, std::size_t batch_size, image::Normalisation const& normalisation);

  std::size_t size() const { return size_; }
  at::Tensor operator[](std::size_t i) const;
  at::Tensor front() const { return (*this)[0]; }

 private:
  std::vector<at::Tensor> ready_;
  std::vector<at::Tensor> resident_;     // uint8 [batch, channels, size, size] on the device
  at::Tensor white_, mean_, deviation_;  // [1, channels, 1, 1] there; white: 255
  std::size_t size_ = 0;
  image::Split split_;
  std::size_t batch_size_ = 0;
  image::Normalisation normalisation_;
};

/// A split as batches and their labels, shared by all subnets. Images for another device than the CPU are kept there, as bytes, if they are
/// not more than `most_device_bytes`.
struct LabelledBatches {
  ImageBatches images;
  std::vector<at::Tensor> labels;
};
LabelledBatches make_batches(image::Split const& split, std::size_t batch_size, image::Normalisation const& normalisation,
                             std::size_t most_bytes_kept = std::size_t{64} << 20, at::Device device = at::kCPU,
                             std::size_t most_device_bytes = std::size_t{4} << 30);

}  // namespace apq::engine
