#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "train/metrics.hpp"

// What is said of fitted predictors. Accuracies are shares in [0, 1].
namespace apq::train {

/// One held-out sample: predicted accuracy beside the measured counts.
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
  std::string model;      ///< "mlp 3x400"
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
  std::string data_hash, model;
  Verdict transfer, scratch;
  /// Transfer minus scratch on the same held-out rows, paired bootstrap. A gain in rmse is negative.
  Estimate kendall_tau_difference, pairwise_accuracy_difference, rmse_points_difference;
  std::vector<CurvePoint> curve;
};

}  // namespace apq::train
