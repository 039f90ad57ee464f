#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/core/record_file.hpp"
#include "common/cost/metric.hpp"
#include "common/space/subnet.hpp"
#include "search/limits.hpp"

namespace apq::study {

inline constexpr RecordFormat verification_format{"apq verification", 1, "`apq run` makes it anew"};

/// Hits among images.
struct Counts {
  std::uint64_t correct = 0, total = 0;
  double percent() const { return 100.0 * static_cast<double>(correct) / static_cast<double>(total); }
};

/// A network that was evaluated for real.
struct VerifiedNetwork {
  space::Genes genes;
  cost::Cost cost;
  Counts validation, test;
};

/// A collected sample: the best one that obeys the limits of a winner.
struct VerifiedSample {
  std::uint64_t id;
  VerifiedNetwork network;
};

struct VerifiedWinner {
  search::Limits limits;
  double predicted;  ///< accuracy in [0, 1]
  VerifiedNetwork network;
  std::optional<VerifiedSample> best_collected;
};

/// The largest network with the same bit widths in every block, or in full precision.
struct VerifiedUniform {
  std::optional<std::array<int, 2>> bits;  ///< weights, activations
  cost::Cost cost;
  Counts validation, test;
};

/// winners.json: what the winners of a search are worth on images that no stage had seen.
struct Verification {
  std::uint64_t test_images = 0;
  std::string test_fingerprint;
  std::vector<VerifiedWinner> winners;
  std::vector<VerifiedUniform> uniform;
};

Json to_json(Verification const& verification);
/// @throws nlohmann::json::exception when a field is missing or of another kind; Error(config) for an unknown metric.
Verification verification_from_json(Json const& json);

/// @throws Error(io).
void write_verification(std::filesystem::path const& file, Verification const& verification);
/// @throws Error as read_record.
Verification read_verification(std::filesystem::path const& file);

}  // namespace apq::study
