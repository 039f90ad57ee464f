#include "train/training_images.hpp"

#include <numeric>
#include <span>

#include <ATen/ATen.h>

#include "common/core/random.hpp"
#include "common/engine/image_batch.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::train {

TrainingImages::TrainingImages(image::Split const& split, image::Normalisation const& normalisation, space::SearchSpace const& space,
                               SupernetConfig const& config, std::uint64_t seed)
    : split_(split), normalisation_(normalisation), space_(space), config_(config), seed_(seed) {}

std::size_t TrainingImages::steps_per_epoch() const { return split_.size() / static_cast<std::size_t>(config_.batch); }

std::vector<std::uint32_t> TrainingImages::order_of(int epoch) const {
  std::vector<std::uint32_t> order(split_.size());
  std::iota(order.begin(), order.end(), 0u);
  RandomStream(seed_, "supernet.order", static_cast<std::uint64_t>(epoch)).shuffle(std::span(order));
  return order;
}

int TrainingImages::size_of(std::uint64_t global_step) const {
  auto const& sizes = space_.image_sizes;
  if (sizes.size() == 1) return space_.image_size;
  return sizes[RandomStream(seed_, "supernet.size", global_step).below(sizes.size())];
}

TrainingBatch TrainingImages::load(int epoch, std::size_t step, std::vector<std::uint32_t> const& order, int num_ranks, int rank) const {
  auto const size = size_of(static_cast<std::uint64_t>(epoch) * steps_per_epoch() + step);
  auto const batch = static_cast<std::size_t>(config_.batch);
  auto const range = mpi::block_range(batch, num_ranks, rank);
  auto const& stored = *split_.decoded;
  auto const image_bytes = static_cast<std::size_t>(stored.channels) * size * size;
  auto const count = static_cast<std::int64_t>(range.last - range.first);
  auto bytes = at::empty({count, stored.channels, size, size}, at::kByte);
  auto labels = at::empty({count}, at::kLong);
  std::span const pixels(bytes.data_ptr<std::uint8_t>(), range.last > range.first ? (range.last - range.first) * image_bytes : 0);
  for (std::size_t i = range.first; i < range.last; ++i) {
    auto const position = step * batch + i;
    RandomStream random(seed_, "supernet.augment", static_cast<std::uint64_t>(epoch) * split_.size() + position);
    image::augment(split_.image(order[position]), stored.channels, stored.size, size, config_.augmentation, random,
                   pixels.subspan((i - range.first) * image_bytes, image_bytes), space_.image_size);
    labels.data_ptr<std::int64_t>()[i - range.first] = split_.label(order[position]);
  }
  return {engine::normalised(bytes, normalisation_), labels};
}

}  // namespace apq::train
