#pragma once

#include "common/core/error.hpp"

namespace apq::mpi {

/// An error that every rank of a communicator holds alike, so that all of them can leave in order.
class CollectiveError : public Error {
 public:
  using Error::Error;
};

}  // namespace apq::mpi
