#include "common/image/image_set.hpp"

#include <fmt/format.h>

#include <numeric>

#include "common/core/error.hpp"
#include "common/core/random.hpp"
#include "common/core/sha256.hpp"

namespace apq::image {

DataConfig read_data_config(Config section) {
  DataConfig config;
  config.directory = section.path_or("directory", "/usr/share/datasets/fashion-mnist");
  config.train_images = section.get_or<int>("train_images", config.train_images, {1, 100'000'000});
  config.calibration_images = section.get_or<int>("calibration_images", config.calibration_images, {1, 100'000'000});
  config.validation_images = section.get_or<int>("validation_images", config.validation_images, {1, 100'000'000});
  config.split_seed = section.get_or<std::uint64_t>("split_seed", config.split_seed);
  config.mean = section.get_or<double>("mean", config.mean, {0.0, 1.0});
  config.deviation = section.get_or<double>("deviation", config.deviation, {1e-6, 10.0});
  return config;
}

namespace {

Split make_split(std::string name, std::shared_ptr<ImageSet const> images, std::vector<std::uint32_t> indices) {
  Sha256 hash;
  hash.add(images->source_hash).add(name);
  hash.add(indices.data(), indices.size() * sizeof(std::uint32_t));
  return {std::move(name), std::move(images), std::move(indices), hash.hex()};
}

}  // namespace

Splits split(std::shared_ptr<ImageSet const> training, std::shared_ptr<ImageSet const> test, DataConfig const& config) {
  auto const available = static_cast<std::size_t>(training->num);
  auto const num_train = static_cast<std::size_t>(config.train_images);
  auto const num_calibration = static_cast<std::size_t>(config.calibration_images);
  auto const num_validation = static_cast<std::size_t>(config.validation_images);
  if (num_train + num_calibration + num_validation > available)
    throw Error(Errc::config,
                fmt::format("data: train_images + calibration_images + validation_images = {} + {} + {} is more than the {} "
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
  std::vector<std::uint32_t> all_test(static_cast<std::size_t>(test->num));
  std::iota(all_test.begin(), all_test.end(), 0u);
  return {make_split("train", training, part(0, num_train)),
          make_split("calibration", training, part(num_train, num_calibration)),
          make_split("validation", training, part(available - num_validation, num_validation)),
          make_split("test", test, std::move(all_test))};
}

}  // namespace apq::image
