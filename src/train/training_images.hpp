#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "common/image/data_config.hpp"
#include "common/space/search_space.hpp"
#include "train/supernet_config.hpp"

namespace apq::train {

/// Images of a step, or a rank's share of them.
struct TrainingBatch {
  at::Tensor images;  ///< float32 [images, channels, size, size], normalised
  at::Tensor labels;  ///< int64 [images]
};

/// What a supernet is trained on, step by step: which images, at which size and how augmented follows from (seed, epoch, step) alone,
/// not from the ranks. Keeps references to what it is made of.
class TrainingImages {
 public:
  /// @param split  decoded, at least config.batch images
  TrainingImages(image::Split const& split, image::Normalisation const& normalisation, space::SearchSpace const& space,
                 SupernetConfig const& config, std::uint64_t seed);

  std::size_t steps_per_epoch() const;
  /// [images of the split], the order in which an epoch takes them; those beyond the last whole batch are left out.
  std::vector<std::uint32_t> order_of(int epoch) const;
  /// As OFA trains: all images of a step have one size, drawn from the space's. The networks' own image sizes say nothing here.
  int size_of(std::uint64_t global_step) const;
  /// Rank `rank`'s share of `num_ranks` of a step of an epoch; none where there are more ranks than images. @param order  order_of(epoch)
  TrainingBatch load(int epoch, std::size_t step, std::vector<std::uint32_t> const& order, int num_ranks, int rank) const;

 private:
  image::Split const& split_;
  image::Normalisation const& normalisation_;
  space::SearchSpace const& space_;
  SupernetConfig const& config_;
  std::uint64_t seed_;
};

}  // namespace apq::train
