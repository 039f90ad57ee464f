#pragma once

#include <cstdint>

#include "common/core/study_layout.hpp"
#include "common/h5/dataset.hpp"
#include "common/mpi/communicator.hpp"
#include "common/space/search_space.hpp"
#include "study/records/training.hpp"
#include "train/train_config.hpp"

namespace apq::study {

enum class Predictors { fp, quant, all };

/// The labels of a study, read once; those of a stage that is not trained may be empty.
struct TrainRows {
  h5::Dataset const* fp;
  h5::Dataset const* quant;
};

/// What becomes of the predictors.
enum class Keep {
  files,   ///< they and train.json replace the study's
  nothing  ///< exploration: figures only
};

/// Fits the predictors and writes predictor.pt (fp), predictor_quant.pt (transferred), predictor_quant_scratch.pt and train.json. `quant`
/// alone starts from the predictor.pt that is there and keeps train.json's full-precision part. Collective over `comm`; the files are the
/// same for any number of ranks.
/// @return what train.json says of the predictors fitted.
/// @throws Error(data) for rows of another space (naming both hashes), or too few; Error(io).
Training train_predictors(mpi::Communicator const& comm, space::SearchSpace const& space, StudyLayout const& layout, TrainRows const& rows,
                          train::TrainConfig const& config, std::uint64_t seed, Predictors which = Predictors::all,
                          Keep keep = Keep::files);

}  // namespace apq::study
