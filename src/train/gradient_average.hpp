#pragma once

#include <ATen/core/Tensor.h>

#include "common/mpi/communicator.hpp"

namespace apq::train {

/// From the means over each rank's images to those over all: weighted by `share`, as ranks may hold one image more or less than others.
/// Collective over `comm`; the same on every rank and from run to run at a given number of ranks.
/// @param gradients  contiguous float32 [parameters], in place
/// @param share      this rank's images over those of all; they add up to 1
/// @return           the average of `value`, likewise weighted
double average_over_ranks(mpi::Communicator const& comm, at::Tensor& gradients, double value, double share);

}  // namespace apq::train
