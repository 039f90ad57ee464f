#include "train/gradient_average.hpp"

#include <span>

#include <ATen/ATen.h>

#include "common/mpi/collectives.hpp"

namespace apq::train {

double average_over_ranks(mpi::Communicator const& comm, at::Tensor& gradients, double value, double share) {
  if (comm.size() > 1) {  // the buffer is large, and one rank's average is its own
    gradients.mul_(share);
    mpi::allreduce_sum(comm, std::span(gradients.data_ptr<float>(), static_cast<std::size_t>(gradients.numel())));
  }
  double average = value * share;
  mpi::allreduce_sum(comm, std::span(&average, 1));
  return average;
}

}  // namespace apq::train
