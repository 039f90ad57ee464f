#include "common/image/data_config.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"
#include "common/core/random.hpp"
#include "common/core/sha256.hpp"

namespace apq::image {
namespace {

std::vector<double> numbers(Config& section, std::string const& key, std::vector<double> fallback, Range<double> range, bool is_required,
                            Meaning meaning) {
  if (section.is_list(key)) return section.list<double>(key, range, meaning);
  return {is_required ? section.get<double>(key, range, meaning) : section.get_or<double>(key, fallback.front(), range, meaning)};
}

}  // namespace

std::string Normalisation::text() const { return fmt::format("{:.17g} {:.17g}", fmt::join(mean, ","), fmt::join(deviation, ",")); }

void Normalisation::check(int channels) const {
  for (auto const& [name, values] : {std::pair("mean", &mean), std::pair("deviation", &deviation)})
    if (values->size() != 1 && values->size() != static_cast<std::size_t>(channels))
      throw Error(Errc::config, fmt::format("data.{}: has {} numbers for {} image channel{}; give one, or one per channel", name,
                                            values->size(), channels, channels == 1 ? "" : "s"));
}

int DataConfig::resize_for(int size) const { return resize > 0 ? resize : static_cast<int>(std::ceil(size / crop_ratio)); }

DataConfig read_data_config(Config section) {
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
  n.mean = numbers(
      section, "mean", n.mean, {0.0, 1.0}, has_sources,
      {"Mean of the training pixels: one number, or one per channel", "pixel / 255", "Fashion-MNIST's with directory; else required"});
  n.deviation = numbers(section, "deviation", n.deviation, {1e-6, 10.0}, has_sources,
                        {"Their standard deviation: inputs are (pixel / 255 - mean) / deviation", "pixel / 255",
                         "Fashion-MNIST's with directory; else required"});
  return config;
}

namespace {

// Counts that fit, for a message: "set data.train_images to 0 and data.validation_images to 800".
std::string remedy(DataConfig const& config, std::size_t available) {
  auto const now = config.counts(), fitting = fitting_counts(now, {}, config.trains_supernet, available);
  std::vector<std::string> parts;
  auto const add = [&](char const* key, int before, int after) {
    if (before != after) parts.push_back(fmt::format("data.{} to {}", key, after));
  };
  add("train_images", now.train, fitting.train);
  add("calibration_images", now.calibration, fitting.calibration);
  add("validation_images", now.validation, fitting.validation);
  if (parts.empty()) return "give it more";
  auto const last = parts.size() - 1;
  std::string text = "set ";
  for (std::size_t i = 0; i <= last; ++i) text += (i == 0 ? "" : i == last ? " and " : ", ") + parts[i];
  return text;
}

Split make_split(std::string name, std::string const& source_hash, std::vector<std::uint32_t> indices) {
  Sha256 hash;
  hash.add(source_hash).add(name);
  hash.add(indices.data(), indices.size() * sizeof(std::uint32_t));
  return {std::move(name), std::move(indices), hash.hex(), nullptr};
}

}  // namespace

Splits split(SourceSize const& training, SourceSize const& test, DataConfig const& config) {
  auto const available = training.num;
  auto const num_train = static_cast<std::size_t>(config.train_images);
  auto const num_calibration = static_cast<std::size_t>(config.calibration_images);
  auto const num_validation = static_cast<std::size_t>(config.validation_images);
  if (num_train + num_calibration + num_validation > available)
    throw Error(Errc::config, fmt::format("data: train_images + calibration_images + validation_images = {} + {} + {} is more than the {} "
                                          "training images there are; {}",
                                          num_train, num_calibration, num_validation, available, remedy(config, available)));
  std::vector<std::uint32_t> order(available);
  std::iota(order.begin(), order.end(), 0u);
  RandomStream(config.split_seed, "data.split").shuffle(std::span(order));
  auto part = [&](std::size_t first, std::size_t count) {
    return std::vector<std::uint32_t>(order.begin() + static_cast<std::ptrdiff_t>(first),
                                      order.begin() + static_cast<std::ptrdiff_t>(first + count));
  };
  std::vector<std::uint32_t> all_test(test.num);
  std::iota(all_test.begin(), all_test.end(), 0u);
  return {make_split("train", training.hash, part(0, num_train)),
          make_split("calibration", training.hash, part(num_train, num_calibration)),
          make_split("validation", training.hash, part(available - num_validation, num_validation)),
          make_split("test", test.hash, std::move(all_test))};
}

}  // namespace apq::image
