#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/h5/dataset.hpp"
#include "common/mpi/communicator.hpp"
#include "common/space/search_space.hpp"
#include "train/accuracy_predictor.hpp"
#include "train/metrics.hpp"
#include "train/train_config.hpp"

namespace apq::train {

/// One held-out sample: predicted accuracy in [0, 1] beside the measured counts.
struct Prediction {
  std::uint64_t id;
  double predicted;
  std::uint32_t correct, total;
};

/// A predictor judged by rows it never saw.
struct Verdict {
  Metrics metrics;
  std::vector<Prediction> held_out;
};

struct FpReport {
  std::size_t rows, train_rows;
  std::string data_hash;  ///< content hash of the rows
  double seconds;
  Verdict verdict;
  std::optional<double> kendall_tau_within_size;  ///< where the image size is a gene: see kendall_tau_within
};

/// Mean over several splits, each with its own held-out rows.
struct CurvePoint {
  std::size_t train_rows;
  int splits;
  struct Mean {
    double kendall_tau = 0, pairwise_accuracy = 0, rmse_points = 0;
  } transfer, scratch;
};

struct QuantReport {
  std::size_t rows, train_rows;
  std::string data_hash;
  double seconds;
  Verdict transfer, scratch;
  /// Transfer minus scratch on the same held-out rows, paired bootstrap. A gain in rmse is
  /// negative.
  Estimate kendall_tau_difference, pairwise_accuracy_difference, rmse_points_difference;
  std::vector<CurvePoint> curve;
};

/// The format of train.json, which the report reads.
nlohmann::json to_json(FpReport const& report, int hidden);
nlohmann::json to_json(QuantReport const& report, int hidden);

struct FpTraining {
  AccuracyPredictor predictor;
  FpReport report;
};
struct QuantTraining {
  AccuracyPredictor transfer, scratch;
  QuantReport report;
};

/// Fits the full-precision predictor. Collective over `comm`; the result is the same for any number
/// of ranks.
/// @throws Error(data) when there are too few rows, Error(numeric) when the loss diverges.
FpTraining train_fp(mpi::Communicator const& comm, space::SearchSpace const& space, std::vector<h5::Row> const& rows,
                    TrainConfig const& config, std::uint64_t seed);

/// Fits the quantisation-aware predictor twice on the same pairs, from `full_precision` and from
/// scratch, and again on smaller shares of the pairs and other splits for the learning curve. Ranks
/// share the fits, each of which is a pure function of its seed and one rank's work. Collective
/// over `comm`; the same for any number of ranks.
/// @throws Error as train_fp.
QuantTraining train_quant(mpi::Communicator const& comm, space::SearchSpace const& space, AccuracyPredictor const& full_precision,
                          std::vector<h5::Row> const& rows, TrainConfig const& config, std::uint64_t seed);

}  // namespace apq::train
