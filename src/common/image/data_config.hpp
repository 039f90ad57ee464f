#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/core/config.hpp"
#include "common/core/enum_names.hpp"
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

/// What becomes of pictures that libjpeg warns about and PIL reads all the same.
enum class Warnings { keep, drop };
inline constexpr EnumNames<Warnings, 2> warnings_names({{Warnings::keep, "keep"}, {Warnings::drop, "drop"}});

/// Section `data` of an experiment (docs/images.md).
struct DataConfig {
  SourceConfig training{.paths = {"/usr/share/datasets/fashion-mnist"}};
  SourceConfig test{.paths = {"/usr/share/datasets/fashion-mnist"}};
  int resize = 0;             ///< short side before the central crop, pixels; 0: ceil(size / crop_ratio)
  double crop_ratio = 0.875;  ///< side of the central crop over the short side
  int train_size = 0;         ///< training images are kept as squares of this side, from which crops are cut; 0: as `resize`
  int max_damaged = 0;        ///< so many damaged images are left out (and named); more stop the run
  Warnings warnings = Warnings::keep;
  int train_images = 50000;       ///< the supernet's; 0: none
  int calibration_images = 1000;  ///< BN statistics and ranges; from the training source, disjoint from the above
  int validation_images = 4000;   ///< labels of the datasets; likewise disjoint
  std::uint64_t split_seed = 0;   ///< of the permutation behind the splits; not the study's seed
  CountsGiven given;              ///< which of the three counts the configuration has
  bool trains_supernet = true;    ///< false: the weights are given, so that no image need be set apart for training
  Normalisation normalisation;

  /// Which images a split has shows only when they are decoded.
  bool may_leave_out() const { return max_damaged > 0 || warnings == Warnings::drop; }
  ImageCounts counts() const { return {train_images, calibration_images, validation_images}; }
  /// The short side that `size` x `size` is cut out of.
  int resize_for(int size) const;
};
namespace detail {

// One number, or a list of one per channel.
inline std::vector<double> numbers(Config& section, std::string const& key, std::vector<double> fallback, Range<double> range,
                                   bool is_required, Meaning meaning) {
  if (section.is_list(key)) return section.list<double>(key, range, meaning);
  return {is_required ? section.get<double>(key, range, meaning) : section.get_or<double>(key, fallback.front(), range, meaning)};
}

}  // namespace detail

/// @throws Error(config) with file:line.
inline DataConfig read_data_config(Config section) {
  DataConfig config;
  bool const has_sources = section.has("training") || section.has("test");
  if (has_sources) {
    if (section.has("directory")) section.fail("directory", "is for IDX files; give either it, or training and test");
    for (char const* key : {"training", "test"})
      if (!section.has(key)) section.fail(key, "is missing; training and test go together");
    config.training = read_source(
        section.section("training", {"Where the train, calibration and validation splits come from: one of idx, folder, tar and list"}),
        section, "training");
    config.test = read_source(section.section("test", {"Images that winners are measured on, once: one of idx, folder, tar and list"}),
                              section, "test");
    config.resize = section.get_or<int>("resize", config.resize, {0, 16384},
                                        {"Short side before the central crop; 0: image size / crop_ratio, rounded up", "pixels"});
    config.crop_ratio = section.get_or<double>("crop_ratio", config.crop_ratio, {0.05, 1.0},
                                               {"Side of the central crop as a share of the short side, where resize is 0"});
    config.train_size = section.get_or<int>(
        "train_size", config.train_size, {0, 16384},
        {"Side of the central squares that training images are kept as and crops are cut from; 0: the short side", "pixels"});
    config.max_damaged = section.get_or<int>("max_damaged", config.max_damaged, {0, 100'000'000},
                                             {"So many damaged images are named and left out; more stop the run", "images"});
    config.warnings = section.choice_or(
        "warnings", config.warnings, warnings_names,
        {"JPEGs that libjpeg warns about and PIL reads all the same: kept and counted, or named and left out (docs/images.md)"});
  } else {
    auto const directory =
        section
            .path_or("directory", config.training.paths.front(),
                     {"Folder of IDX files, for both sources; only without training and test, whose keys have no meaning then"})
            .string();
    config.training.paths = config.test.paths = {directory};
  }
  config.given = {section.has("train_images"), section.has("calibration_images"), section.has("validation_images")};
  config.train_images = section.get_or<int>("train_images", config.train_images, {0, 100'000'000},
                                            {"Images that the supernet is trained on; 0: none, where it is trained already", "images"});
  config.calibration_images = section.get_or<int>("calibration_images", config.calibration_images, {1, 100'000'000},
                                                  {"Images behind BN statistics and activation ranges", "images"});
  config.validation_images =
      section.get_or<int>("validation_images", config.validation_images, {1, 100'000'000}, {"Images that labels count hits on", "images"});
  config.split_seed =
      section.get_or<std::uint64_t>("split_seed", config.split_seed, {"Seed of the permutation behind the splits; not the study's seed"});
  auto& n = config.normalisation;
  n.mean = detail::numbers(
      section, "mean", n.mean, {0.0, 1.0}, has_sources,
      {"Mean of the training pixels: one number, or one per channel", "pixel / 255", "Fashion-MNIST's with directory; else required"});
  n.deviation = detail::numbers(section, "deviation", n.deviation, {1e-6, 10.0}, has_sources,
                                {"Their standard deviation: inputs are (pixel / 255 - mean) / deviation", "pixel / 255",
                                 "Fashion-MNIST's with directory; else required"});
  return config;
}

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
