#pragma once

#include <cstdint>

#include <nlohmann/json_fwd.hpp>

#include "common/core/study_layout.hpp"
#include "common/mpi/communicator.hpp"
#include "common/space/search_space.hpp"
#include "train/train_config.hpp"

namespace apq::train {

enum class TrainStages { fp, quant, all };

/// Reads a study's shards, fits the predictors and writes predictor.pt (fp), predictor_quant.pt
/// (transferred), predictor_quant_scratch.pt and train.json. `quant` alone starts from the
/// predictor.pt that is there and keeps train.json's full-precision part. Collective over `comm`;
/// the files are the same for any number of ranks.
/// @return what was written to train.json about the stages run.
/// @throws Error(data) for shards of another space (naming both hashes), damaged shards or too few
/// rows; Error(io).
nlohmann::json run_train_stage(mpi::Communicator const& comm, space::SearchSpace const& space, StudyLayout const& layout,
                               TrainConfig const& config, std::uint64_t seed, TrainStages stages = TrainStages::all);

}  // namespace apq::train
