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
std::string Normalisation::text() const { return fmt::format("{:.17g} {:.17g}", fmt::join(mean, ","), fmt::join(deviation, ",")); }

void Normalisation::check(int channels) const {
  for (auto const& [name, values] : {std::pair("mean", &mean), std::pair("deviation", &deviation)})
    if (values->size() != 1 && values->size() != static_cast<std::size_t>(channels))
      throw Error(Errc::config, fmt::format("data.{}: has {} numbers for {} image channel{}; give one, or one per channel", name,
                                            values->size(), channels, channels == 1 ? "" : "s"));
}

int DataConfig::resize_for(int size) const { return resize > 0 ? resize : static_cast<int>(std::ceil(size / crop_ratio)); }

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
