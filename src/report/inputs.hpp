#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/core/study_layout.hpp"
#include "common/cost/cost_model.hpp"
#include "common/energy/ledger.hpp"
#include "common/h5/dataset.hpp"
#include "common/space/search_space.hpp"
#include "common/space/subnet.hpp"

namespace apq::report {

/// Hits among images.
struct Counts {
  std::uint64_t correct = 0, total = 0;
  double percent() const { return 100.0 * static_cast<double>(correct) / static_cast<double>(total); }
};

/// A figure with its 95 % interval; NaN where it was not computed.
struct Estimate {
  double value, low, high;
};

struct Collected {
  h5::Dataset dataset;
  std::string content_hash;
  std::vector<cost::Cost> costs;  ///< of each row
};

struct HeldOut {
  std::uint64_t id;
  double predicted;  ///< accuracy in [0, 1]
  Counts measured;
};

/// A predictor's verdict on rows it never saw.
struct Fit {
  std::map<std::string, Estimate> metrics;  ///< kendall_tau, spearman, pairwise_accuracy, rmse_points
  std::vector<HeldOut> held_out;
};

struct CurvePoint {
  double train_rows, splits;
  std::map<std::string, double> transfer, scratch;  ///< by metric
};

struct Training {
  std::uint64_t fp_train_rows = 0, quant_train_rows = 0;
  std::string model;
  std::optional<Fit> fp, transfer, scratch;
  std::map<std::string, Estimate> gain;  ///< transfer - scratch, by metric
  std::vector<CurvePoint> curve;
};

struct Generation {
  double generation, best, mean;  ///< accuracies in [0, 1]
};

/// How the search went under one limit.
struct SearchedLimit {
  cost::Metric metric;
  double limit;
  std::vector<Generation> history;
};

struct FrontPoint {
  double predicted;  ///< accuracy in [0, 1]
  cost::Cost cost;
};

struct Search {
  std::string fitness, cost_model, basis;
  std::uint64_t population = 0, generations = 0, candidates = 0;
  std::vector<SearchedLimit> limits;
  std::vector<FrontPoint> front;
};

/// A network that was evaluated for real.
struct Verified {
  cost::Cost cost;
  space::Genes genes;
  Counts validation, test;
};

struct Winner {
  cost::Metric metric;
  double limit, predicted;
  Verified network;
  std::optional<Verified> best_collected;  ///< the best collected sample that obeys the limit
};

/// The largest network with the same bit widths in every block, or in full precision.
struct UniformNetwork {
  std::optional<std::array<int, 2>> bits;  ///< weights, activations
  cost::Cost cost;
  Counts validation, test;
};

/// Everything that a study's directory holds, as far as it is there.
struct Inputs {
  std::string study, directory, config;  ///< name; path; resolved configuration, YAML
  std::optional<std::uint64_t> seed;
  space::SearchSpace space;
  std::string cost_description;
  Collected fp, quant;
  std::optional<Training> training;
  std::optional<Search> search;
  std::uint64_t test_images = 0;
  std::vector<Winner> winners;
  std::vector<UniformNetwork> uniform;
  std::vector<energy::StageCost> ledger;
};

/// Reads a study; absent parts stay empty. Local.
/// @throws Error(data) naming the file where one is damaged; Error(io) when the directory is not
/// there.
Inputs load(StudyLayout const& layout, space::SearchSpace const& space, cost::CostModel const& cost_model);

}  // namespace apq::report
