#pragma once

#include <cstdint>
#include <vector>

#include "common/h5/shard.hpp"
#include "common/space/search_space.hpp"
#include "train/accuracy_predictor.hpp"
#include "train/train_config.hpp"

namespace apq::train {

/// Fits one predictor to the measured accuracies of `rows` (at least 1); with the bit branch when
/// their genes have bits. With `settings.teacher` = kernel and min_training to KernelTeacher::max_rows
/// rows, a KernelTeacher is fitted to the rows and the network to the teacher; else the network to the rows. Local, one thread, a pure
/// function of its arguments.
/// @param transfer_from  null: from fresh weights; else its weights, to which quantised rows add
/// the bit branch; with a teacher, its predictions are the teacher's prior mean.
/// @throws Error(numeric) when the loss is not finite.
AccuracyPredictor fit(space::SearchSpace const& space, std::vector<h5::Row> const& rows, TrainConfig const& settings,
                      FitConfig const& config, AccuracyPredictor const* transfer_from, std::uint64_t seed);

}  // namespace apq::train
