#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "collect/stage_summary.hpp"
#include "common/h5/dataset.hpp"
#include "dataset/fixed_split.hpp"
#include "study/records/training.hpp"

// What a data card can say of a stage, all of it read or computed.
namespace apq::dataset {

/// A predictor of this tool, judged by the held-out rows of the fixed split.
struct Baseline {
  std::string name;   ///< "full precision", "transferred", "from scratch"
  std::string model;  ///< "mlp 3x400"
  train::Metrics metrics;
};

struct StageFacts {
  h5::ShardHeader header;
  collect::StageSummary summary;
  std::string identity_of_images;     ///< "validation split of 2400 images (fingerprint)"; of imported rows what the import knows
  double mean_half_width_points = 0;  ///< of the accuracies' 95 % intervals
  std::size_t missing = 0;            ///< ids below the highest that have no row
  std::size_t wanted = 0;             ///< samples of the collection as configured; 0: not known
  std::size_t quarantined = 0;        ///< of these, samples that failed and say why
  std::size_t without_energy = 0;     ///< rows
  FixedSplit split;
  std::vector<Baseline> baselines;
  std::string no_baselines;  ///< why there are none, and what would make them

  /// A table of accuracies that others measured; else apq evaluated the rows, here or elsewhere.
  bool is_table() const { return header.identity.contains("table"); }
};

/// The seed and the share of held-out rows that `apq train` takes in a study; of shards without a study their own seed and the default.
struct SplitRule {
  std::uint64_t seed = 0;
  double held_out_fraction = 0;
};
SplitRule split_rule(std::filesystem::path const& directory, h5::ShardHeader const& header);

/// @param directory  of the study, for its quarantine and train.json; or another folder of shards, which has neither
/// @throws Error(data) when a record is damaged.
StageFacts facts_of(std::filesystem::path const& directory, h5::Dataset const& dataset);

}  // namespace apq::dataset
