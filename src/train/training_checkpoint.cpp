#include "train/training_checkpoint.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ATen/ATen.h>

#include "common/checkpoint/state_dict.hpp"
#include "common/core/error.hpp"
#include "common/core/json_text.hpp"
#include "common/core/sha256.hpp"

namespace apq::train {
namespace {

at::Tensor bytes_of(std::string const& text) {
  auto tensor = at::empty({static_cast<std::int64_t>(text.size())}, at::kByte);
  std::copy(text.begin(), text.end(), tensor.data_ptr<std::uint8_t>());
  return tensor;
}

std::string text_of(at::Tensor const& bytes) {
  auto const* const first = bytes.data_ptr<std::uint8_t>();
  return {first, first + bytes.numel()};
}

/// Null where it is damaged.
nlohmann::json json_of(at::Tensor const& bytes) try { return parse_json(text_of(bytes), ""); } catch (JsonError const&) {
  return {};
}

std::optional<EpochSoFar> begun_from(nlohmann::json const& json) try {
  return EpochSoFar{json.at("steps").get<std::size_t>(), json.at("loss_sum").get<double>(), json.at("seconds").get<double>()};
} catch (nlohmann::json::exception const&) {
  return std::nullopt;
}

}  // namespace

std::string training_identity(space::SearchSpace const& space, image::Split const& train, image::Normalisation const& normalisation,
                              SupernetConfig const& config, std::uint64_t seed) {
  auto const& c = config;
  auto const& a = config.augmentation;
  Sha256 hash;
  hash.add(space.hash).add(train.fingerprint).add(normalisation.text());
  hash.add(fmt::format("{} {} {} {} {} {} {} {} {} {} {}", seed, c.teacher_epochs, c.epochs, c.batch, c.random_subnets,
                       c.teacher_learning_rate, c.learning_rate, c.warmup, c.momentum, c.weight_decay, c.label_smoothing));
  hash.add(
      fmt::format(" {} {} {} {} {} {} {}", a.flip, a.shift, a.random_crop, a.brightness, a.contrast, a.saturation, train.decoded->size));
  return hash.hex();
}

void save_checkpoint(std::filesystem::path const& file, TrainingState const& state, std::string const& identity) {
  checkpoint::save_state_dict(
      file,
      {{"values", state.values},
       {"velocity", state.velocity},
       {"epochs_done", at::tensor({static_cast<std::int64_t>(state.epochs_done)})},
       {"begun",
        bytes_of(
            nlohmann::json{{"steps", state.begun.steps}, {"loss_sum", state.begun.loss_sum}, {"seconds", state.begun.seconds}}.dump())},
       {"identity", bytes_of(identity)},
       {"log", bytes_of(nlohmann::json(state.log_lines).dump())}});
}

std::optional<TrainingState> load_checkpoint(std::filesystem::path const& file, std::string const& identity, std::int64_t num_parameters) {
  std::error_code ec;
  if (!std::filesystem::exists(file, ec)) return std::nullopt;
  auto const dict = checkpoint::load_state_dict(file);
  auto const part = [&](char const* key, at::ScalarType type) {
    auto const found = dict.find(key);
    if (found == dict.end() || found->second.scalar_type() != type)
      throw Error(Errc::data,
                  fmt::format("{}: is not a supernet training checkpoint ({} is missing or of another type); delete it to start over",
                              file.string(), key));
    return found->second;
  };
  if (text_of(part("identity", at::kByte)) != identity)
    throw Error(Errc::data, fmt::format("{}: belongs to another training (space, images, seed or settings differ); delete it "
                                        "to start over or choose another output",
                                        file.string()));
  auto const values = part("values", at::kFloat), velocity = part("velocity", at::kFloat), epochs_done = part("epochs_done", at::kLong);
  auto const log = json_of(part("log", at::kByte));
  auto const begun = begun_from(json_of(part("begun", at::kByte)));
  if (values.numel() != num_parameters || velocity.numel() != num_parameters || epochs_done.numel() != 1 || !begun || !log.is_array() ||
      !std::all_of(log.begin(), log.end(), [](auto const& line) { return line.is_string(); }))
    throw Error(Errc::data, fmt::format("{}: does not fit the supernet's {} parameters, or its log is damaged; delete it to start over",
                                        file.string(), num_parameters));
  return TrainingState{static_cast<int>(epochs_done.item<std::int64_t>()), values, velocity, log.get<std::vector<std::string>>(), *begun};
}

}  // namespace apq::train
