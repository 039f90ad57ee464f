#pragma once

#include <cstdint>
#include <vector>

#include "common/h5/shard.hpp"
#include "common/space/search_space.hpp"
#include "train/accuracy_predictor.hpp"
#include "train/train_config.hpp"

namespace apq::train {

/// What a teacher of `rows` (at least 1) labels: they and random subnets, `settings.student_rows` of them or for quantised rows half as
/// many. The counts of the random ones are zero.
std::vector<h5::Row> lessons(space::SearchSpace const& space, std::vector<h5::Row> const& rows, TrainConfig const& settings,
                             std::uint64_t seed);

/// A network taught by a KernelTeacher of `rows`, on random subnets beside them. What it knows of pairs of genes comes from the
/// teacher, whose labels have no noise and cost nothing; so it is fitted closely, with hardly any decay.
/// @param rows   1 to KernelTeacher::max_rows; settings.hidden at least 2
/// @param prior  null, or the full-precision predictor that is the teacher's prior mean
AccuracyPredictor fit_student(space::SearchSpace const& space, std::vector<h5::Row> const& rows, TrainConfig const& settings,
                              AccuracyPredictor const* prior, std::uint64_t seed);

}  // namespace apq::train
