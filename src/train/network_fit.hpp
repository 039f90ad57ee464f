#pragma once

#include <cstdint>
#include <vector>

#include "common/h5/shard.hpp"
#include "common/space/search_space.hpp"
#include "train/accuracy_predictor.hpp"
#include "train/train_config.hpp"

namespace apq::train {

/// Fits one network by gradient descent on the mean squared error: Adam, the rate a cosine to zero, rows in a seeded order.
/// @param rows           at least 1; with the bit branch when their genes have bits
/// @param labels         [rows], what it is to predict
/// @param transfer_from  null: from fresh weights; else from its own (transfer.hpp), with its number of hidden units
/// @throws Error(numeric) when the loss is not finite, naming the epoch.
AccuracyPredictor fit_network(space::SearchSpace const& space, std::vector<h5::Row> const& rows, std::vector<double> const& labels,
                              TrainConfig const& settings, FitConfig const& config, AccuracyPredictor const* transfer_from,
                              std::uint64_t seed);

}  // namespace apq::train
