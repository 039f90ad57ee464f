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

std::vector<double> numbers(Config& section, std::string const& key, std::vector<double> fallback, Range<double> range, bool is_required) {
  if (section.is_list(key)) return section.list<double>(key, range);
  return {is_required ? section.get<double>(key, range) : section.get_or<double>(key, fallback.front(), range)};
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
    config.training = read_source(section.section("training"), section, "training");
    config.test = read_source(section.section("test"), section, "test");
    config.resize = section.get_or<int>("resize", config.resize, {0, 16384});
    config.crop_ratio = section.get_or<double>("crop_ratio", config.crop_ratio, {0.05, 1.0});
    config.train_size = section.get_or<int>("train_size", config.train_size, {0, 16384});
    config.max_damaged = section.get_or<int>("max_damaged", config.max_damaged, {0, 100'000'000});
  } else {
    auto const directory = section.path_or("directory", config.training.paths.front()).string();
    config.training.paths = config.test.paths = {directory};
  }
  config.train_images = section.get_or<int>("train_images", config.train_images, {0, 100'000'000});
  config.calibration_images = section.get_or<int>("calibration_images", config.calibration_images, {1, 100'000'000});
  config.validation_images = section.get_or<int>("validation_images", config.validation_images, {1, 100'000'000});
  config.split_seed = section.get_or<std::uint64_t>("split_seed", config.split_seed);
  auto& n = config.normalisation;
  n.mean = numbers(section, "mean", n.mean, {0.0, 1.0}, has_sources);
  n.deviation = numbers(section, "deviation", n.deviation, {1e-6, 10.0}, has_sources);
  return config;
}

namespace {

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
                                          "training images there are; lower validation_images to at most {}",
                                          num_train, num_calibration, num_validation, available,
                                          available > num_train + num_calibration ? available - num_train - num_calibration : 0));
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
