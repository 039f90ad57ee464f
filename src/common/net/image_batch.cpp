#include "common/net/image_batch.hpp"

#include <algorithm>

namespace apq::net {

at::Tensor normalised_batch(image::Split const& split, std::size_t first, std::size_t count, double mean, double deviation) {
  auto const& set = *split.images;
  auto bytes = at::empty({static_cast<std::int64_t>(count), set.channels, set.size, set.size}, at::kByte);
  auto* to = bytes.data_ptr<std::uint8_t>();
  for (std::size_t i = 0; i < count; ++i) {
    auto const image = set.image(split.indices[first + i]);
    to = std::copy(image.begin(), image.end(), to);
  }
  return bytes.to(at::kFloat).div_(255).sub_(mean).div_(deviation).contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor label_batch(image::Split const& split, std::size_t first, std::size_t count) {
  auto labels = at::empty({static_cast<std::int64_t>(count)}, at::kLong);
  auto* const to = labels.data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < count; ++i) to[i] = split.images->labels[split.indices[first + i]];
  return labels;
}

LabelledBatches make_batches(image::Split const& split, std::size_t batch_size, double mean, double deviation) {
  LabelledBatches batches;
  for (std::size_t first = 0; first < split.size(); first += batch_size) {
    auto const count = std::min(batch_size, split.size() - first);
    batches.images.push_back(normalised_batch(split, first, count, mean, deviation));
    batches.labels.push_back(label_batch(split, first, count));
  }
  return batches;
}

}  // namespace apq::net
