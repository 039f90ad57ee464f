#include "common/net/image_batch.hpp"

#include <algorithm>

namespace apq::net {
namespace {

// One number as it is, several as a tensor that spreads over batch, rows and columns.
at::Tensor per_channel(std::vector<double> const& values) {
  return at::tensor(values, at::kFloat).view({1, static_cast<std::int64_t>(values.size()), 1, 1});
}

}  // namespace

at::Tensor normalised(at::Tensor const& bytes, image::Normalisation const& normalisation) {
  auto const& [mean, deviation] = normalisation;
  auto images = bytes.to(at::kFloat).div_(255);
  mean.size() == 1 ? images.sub_(mean.front()) : images.sub_(per_channel(mean));
  deviation.size() == 1 ? images.div_(deviation.front()) : images.div_(per_channel(deviation));
  return images.contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor normalised_batch(image::Split const& split, std::size_t first, std::size_t count, image::Normalisation const& normalisation) {
  auto const& set = *split.decoded;
  auto bytes = at::empty({static_cast<std::int64_t>(count), set.channels, set.size, set.size}, at::kByte);
  auto* to = bytes.data_ptr<std::uint8_t>();
  for (std::size_t i = 0; i < count; ++i) {
    auto const image = split.image(first + i);
    to = std::copy(image.begin(), image.end(), to);
  }
  return normalised(bytes, normalisation);
}

at::Tensor label_batch(image::Split const& split, std::size_t first, std::size_t count) {
  auto labels = at::empty({static_cast<std::int64_t>(count)}, at::kLong);
  auto* const to = labels.data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < count; ++i) to[i] = split.label(first + i);
  return labels;
}

ImageBatches::ImageBatches(image::Split split, std::size_t batch_size, image::Normalisation normalisation, std::size_t most_bytes_kept)
    : size_((split.size() + batch_size - 1) / batch_size), split_(std::move(split)), batch_size_(batch_size),
      normalisation_(std::move(normalisation)) {
  if (size_ == 0 || split_.size() * split_.decoded->image_bytes() * sizeof(float) > most_bytes_kept) return;
  std::vector<at::Tensor> ready;
  for (std::size_t i = 0; i < size_; ++i) ready.push_back((*this)[i]);
  ready_ = std::move(ready);
}

at::Tensor ImageBatches::operator[](std::size_t i) const {
  if (!ready_.empty()) return ready_.at(i);
  auto const first = i * batch_size_;
  return normalised_batch(split_, first, std::min(batch_size_, split_.size() - first), normalisation_);
}

LabelledBatches make_batches(image::Split const& split, std::size_t batch_size, image::Normalisation const& normalisation,
                             std::size_t most_bytes_kept) {
  LabelledBatches batches{ImageBatches(split, batch_size, normalisation, most_bytes_kept), {}};
  for (std::size_t first = 0; first < split.size(); first += batch_size)
    batches.labels.push_back(label_batch(split, first, std::min(batch_size, split.size() - first)));
  return batches;
}

}  // namespace apq::net
