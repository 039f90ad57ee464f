#pragma once

#include "common/h5/dataset.hpp"
#include "study/experiment.hpp"

namespace apq::study {

/// The winners of search.json and, for each limit, the collected quantised sample with the highest validation accuracy
/// that obeys it (ties: lower id), evaluated on the validation and the test split. Writes winners.json.
/// Subnets are spread over the ranks; collective over `comm`.
void verify_winners(mpi::Communicator const& comm, Experiment const& experiment, image::Splits const& splits, h5::Dataset const& collected);

}  // namespace apq::study
