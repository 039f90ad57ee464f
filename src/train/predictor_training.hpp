#pragma once

#include <cstdint>
#include <vector>

#include "common/h5/dataset.hpp"
#include "common/mpi/communicator.hpp"
#include "common/space/search_space.hpp"
#include "train/accuracy_predictor.hpp"
#include "train/train_config.hpp"
#include "train/training_report.hpp"

namespace apq::train {

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
