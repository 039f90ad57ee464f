#pragma once

#include <cstdint>
#include <vector>

#include "common/h5/shard.hpp"
#include "common/space/encoding.hpp"
#include "common/space/search_space.hpp"
#include "train/accuracy_predictor.hpp"
#include "train/linear_part.hpp"
#include "train/train_config.hpp"

namespace apq::train {

/// `linear` plus `share` times the mean of the members, as one network: hidden units side by side, none of a member's
/// connected to another's. The linear part is one unit, shifted so far up that no ReLU cuts it.
/// @param linear   of the architecture's one-hot inputs, or of those and the bits'; the members likewise.
/// @param members  at least 1
AccuracyPredictor join_ensemble(space::Encoding const& encoding, LinearPart const& linear, std::vector<AccuracyPredictor> const& members,
                                double share);

/// A linear part, and `settings.members` networks for what it leaves, together one of `settings.hidden` units. Each network is fitted
/// without one fold of the rows; how well the folds are predicted decides how much of the networks is added.
/// @param labels  [rows], what it is to predict; more rows than members, more hidden units too
/// @throws Error(numeric) when the loss is not finite.
AccuracyPredictor fit_ensemble(space::SearchSpace const& space, std::vector<h5::Row> const& rows, std::vector<double> const& labels,
                               TrainConfig const& settings, FitConfig const& config, std::uint64_t seed);

}  // namespace apq::train
