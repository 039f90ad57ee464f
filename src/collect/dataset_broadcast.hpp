#pragma once

#include "common/h5/dataset.hpp"
#include "common/mpi/communicator.hpp"

namespace apq::collect {

/// Root's dataset on every rank, so that files are opened by one rank only; what other ranks pass is ignored. Any size. Collective
/// over `comm`.
h5::Dataset broadcast_dataset(mpi::Communicator const& comm, h5::Dataset dataset);

}  // namespace apq::collect
