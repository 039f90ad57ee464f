#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/core/config.hpp"
#include "common/image/image_counts.hpp"
#include "common/image/image_set.hpp"
#include "common/image/source.hpp"

namespace apq::image {

/// (pixel / 255 - mean) / deviation: one number each, or one per channel.
struct Normalisation {
  std::vector<double> mean{0.2860}, deviation{0.3530};  ///< of the training pixels in [0, 1]; Fashion-MNIST's

  /// The numbers with 17 digits, for hashes.
  std::string text() const;
  /// @throws Error(config) when the count is neither 1 nor `channels`.
  void check(int channels) const;
};

/// Section `data` of an experiment (docs/images.md).
struct DataConfig {
  SourceConfig training{.paths = {"/usr/share/datasets/fashion-mnist"}};
  SourceConfig test{.paths = {"/usr/share/datasets/fashion-mnist"}};
  int resize = 0;                 ///< short side before the central crop, pixels; 0: ceil(size / crop_ratio)
  double crop_ratio = 0.875;      ///< side of the central crop over the short side
  int train_size = 0;             ///< training images are kept as squares of this side, from which crops are cut; 0: as `resize`
  int max_damaged = 0;            ///< so many damaged images are left out (and named); more stop the run
  int train_images = 50000;       ///< the supernet's; 0: none
  int calibration_images = 1000;  ///< BN statistics and ranges; from the training source, disjoint from the above
  int validation_images = 4000;   ///< labels of the datasets; likewise disjoint
  std::uint64_t split_seed = 0;   ///< of the permutation behind the splits; not the study's seed
  CountsGiven given;              ///< which of the three counts the configuration has
  bool trains_supernet = true;    ///< false: the weights are given, so that no image need be set apart for training
  Normalisation normalisation;

  ImageCounts counts() const { return {train_images, calibration_images, validation_images}; }
  /// The short side that `size` x `size` is cut out of.
  int resize_for(int size) const;
};
/// @throws Error(config) with file:line.
DataConfig read_data_config(Config section);

/// How many images a source holds, and its hash.
struct SourceSize {
  std::size_t num;
  std::string hash;
};

/// Permutes the training source by `split_seed`: the first images are `train`, the next `calibration`, the last `validation`.
/// So more validation images never move a training image. Nothing is decoded. @throws Error(config) when they do not fit, with
/// counts that would.
Splits split(SourceSize const& training, SourceSize const& test, DataConfig const& config);

}  // namespace apq::image
