#include "common/engine/image_batch.hpp"

#include <algorithm>
#include <array>

namespace apq::engine {
namespace {

/// What a byte of each channel becomes, [channels][256]; in the arithmetic of float tensors, to the bit.
std::vector<std::array<float, 256>> normalised_bytes(std::size_t channels, image::Normalisation const& normalisation) {
  auto const& [mean, deviation] = normalisation;
  std::vector<std::array<float, 256>> tables(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    auto const of_channel = [&](std::vector<double> const& values) { return static_cast<float>(values[values.size() == 1 ? 0 : c]); };
    for (int byte = 0; byte < 256; ++byte)
      tables[c][static_cast<std::size_t>(byte)] = (static_cast<float>(byte) / 255.0F - of_channel(mean)) / of_channel(deviation);
  }
  return tables;
}

/// One image: planes of bytes to floats, channels last.
void normalise_image(std::uint8_t const* planes, std::size_t pixels, std::vector<std::array<float, 256>> const& tables, float* to) {
  for (std::size_t c = 0; c < tables.size(); ++c)
    for (std::size_t i = 0; i < pixels; ++i) to[i * tables.size() + c] = tables[c][planes[c * pixels + i]];
}

at::Tensor empty_batch(std::int64_t count, std::int64_t channels, std::int64_t size) {
  return at::empty({count, channels, size, size}, at::TensorOptions().dtype(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
}

}  // namespace

at::Tensor normalised(at::Tensor const& bytes, image::Normalisation const& normalisation) {
  auto const planes = bytes.contiguous();
  auto const channels = static_cast<std::size_t>(planes.size(1)), pixels = static_cast<std::size_t>(planes.size(2) * planes.size(3));
  auto const tables = normalised_bytes(channels, normalisation);
  auto images = empty_batch(planes.size(0), planes.size(1), planes.size(2));
  for (std::int64_t i = 0; i < planes.size(0); ++i) {
    auto const first = static_cast<std::size_t>(i) * channels * pixels;
    normalise_image(planes.data_ptr<std::uint8_t>() + first, pixels, tables, images.data_ptr<float>() + first);
  }
  return images;
}

at::Tensor normalised_batch(image::Split const& split, std::size_t first, std::size_t count, image::Normalisation const& normalisation) {
  auto const& set = *split.decoded;
  auto const channels = static_cast<std::size_t>(set.channels),
             pixels = static_cast<std::size_t>(set.size) * static_cast<std::size_t>(set.size);
  auto const tables = normalised_bytes(channels, normalisation);
  auto images = empty_batch(static_cast<std::int64_t>(count), set.channels, set.size);
  for (std::size_t i = 0; i < count; ++i)
    normalise_image(split.image(first + i).data(), pixels, tables, images.data_ptr<float>() + i * channels * pixels);
  return images;
}

at::Tensor label_batch(image::Split const& split, std::size_t first, std::size_t count) {
  auto labels = at::empty({static_cast<std::int64_t>(count)}, at::kLong);
  auto* const to = labels.data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < count; ++i) to[i] = split.label(first + i);
  return labels;
}

ImageBatches::ImageBatches(image::Split split, std::size_t batch_size, image::Normalisation normalisation, std::size_t most_bytes_kept)
    : size_((split.size() + batch_size - 1) / batch_size),
      split_(std::move(split)),
      batch_size_(batch_size),
      normalisation_(std::move(normalisation)) {
  if (size_ == 0 || split_.size() * split_.decoded->image_bytes() * sizeof(float) > most_bytes_kept) return;
  std::vector<at::Tensor> ready;
  for (std::size_t i = 0; i < size_; ++i) ready.push_back((*this)[i]);
  ready_ = std::move(ready);
}

ImageBatches ImageBatches::on(at::Device device, image::Split const& split, std::size_t batch_size,
                              image::Normalisation const& normalisation) {
  ImageBatches batches;
  if (split.size() == 0) return batches;
  auto const& set = *split.decoded;
  auto const per_channel = [&](std::vector<double> const& values) {
    return at::tensor(values, at::kDouble).to(at::kFloat).view({1, -1, 1, 1}).expand({1, set.channels, 1, 1}).to(device);
  };
  // Tensors: a GPU multiplies by the inverse of a plain number, which rounds differently.
  batches.white_ = per_channel({255});
  batches.mean_ = per_channel(normalisation.mean);
  batches.deviation_ = per_channel(normalisation.deviation);
  for (std::size_t first = 0; first < split.size(); first += batch_size) {
    auto const count = std::min(batch_size, split.size() - first);
    auto bytes = at::empty({static_cast<std::int64_t>(count), set.channels, set.size, set.size}, at::kByte);
    for (std::size_t i = 0; i < count; ++i)
      std::ranges::copy(split.image(first + i), bytes.data_ptr<std::uint8_t>() + i * set.image_bytes());
    batches.resident_.push_back(bytes.contiguous(at::MemoryFormat::ChannelsLast).to(device));
  }
  batches.size_ = batches.resident_.size();
  return batches;
}

at::Tensor ImageBatches::operator[](std::size_t i) const {
  if (!resident_.empty()) return resident_.at(i).to(at::kFloat).div_(white_).sub_(mean_).div_(deviation_);
  if (!ready_.empty()) return ready_.at(i);
  auto const first = i * batch_size_;
  return normalised_batch(split_, first, std::min(batch_size_, split_.size() - first), normalisation_);
}

LabelledBatches make_batches(image::Split const& split, std::size_t batch_size, image::Normalisation const& normalisation,
                             std::size_t most_bytes_kept, at::Device device, std::size_t most_device_bytes) {
  bool const stays_here = device.is_cpu() || split.size() == 0 || split.size() * split.decoded->image_bytes() > most_device_bytes;
  LabelledBatches batches{stays_here ? ImageBatches(split, batch_size, normalisation, most_bytes_kept)
                                     : ImageBatches::on(device, split, batch_size, normalisation),
                          {}};
  for (std::size_t first = 0; first < split.size(); first += batch_size)
    batches.labels.push_back(label_batch(split, first, std::min(batch_size, split.size() - first)));
  return batches;
}

}  // namespace apq::engine
