#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/core/config.hpp"

namespace apq::image {

/// Decoded images in memory, uint8 [num, channels, size, size], and their labels.
struct ImageSet {
  int num = 0, channels = 0, size = 0, num_classes = 0;
  std::vector<std::uint8_t> pixels;
  std::vector<std::int32_t> labels;
  std::string source_hash;  ///< SHA-256 over the files it came from

  std::size_t image_bytes() const { return static_cast<std::size_t>(channels) * size * size; }
  std::span<std::uint8_t const> image(std::size_t i) const {
    return std::span(pixels).subspan(i * image_bytes(), image_bytes());
  }
};

/// Section `data` of an experiment.
struct DataConfig {
  std::filesystem::path directory;  ///< IDX files: {train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz]
  int train_images = 50000;         ///< the supernet's
  int calibration_images = 1000;    ///< BN statistics and ranges; from the training file, disjoint from the above
  int validation_images = 4000;     ///< labels of the datasets; likewise disjoint
  std::uint64_t split_seed = 0;     ///< of the permutation behind the splits; not the study's seed
  double mean = 0.2860, deviation = 0.3530;  ///< of the training pixels in [0, 1]
};
DataConfig read_data_config(Config section);

/// A named part of an image set: indices into it, and a fingerprint over source, name and indices.
struct Split {
  std::string name;
  std::shared_ptr<ImageSet const> images;
  std::vector<std::uint32_t> indices;
  std::string fingerprint;
  std::size_t size() const { return indices.size(); }
};

/// Four disjoint splits. The test split is the source's own test file.
struct Splits {
  Split train, calibration, validation, test;
};

/// Permutes the training file by `split_seed`: the first images are `train`, the next `calibration`, the last `validation`.
/// So more validation images never move a training image. @throws Error(config) when they do not fit.
Splits split(std::shared_ptr<ImageSet const> training, std::shared_ptr<ImageSet const> test, DataConfig const& config);

}  // namespace apq::image
