#pragma once

#include <filesystem>
#include <optional>

#include "common/core/record_file.hpp"
#include "train/training_report.hpp"

namespace apq::study {

inline constexpr RecordFormat training_format{"apq training", 1, "`apq train` makes it anew"};

/// train.json: what is said of the predictors of a study, as far as they are trained.
struct Training {
  std::optional<train::FpReport> fp;
  std::optional<train::QuantReport> quant;
};

Json to_json(Training const& training);
/// @throws nlohmann::json::exception when a field is missing or of another kind.
Training training_from_json(Json const& json);

/// @throws Error(io).
void write_training(std::filesystem::path const& file, Training const& training);
/// @throws Error as read_record.
Training read_training(std::filesystem::path const& file);

}  // namespace apq::study
