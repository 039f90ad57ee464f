#pragma once

#include <chrono>
#include <thread>

#include "common/mpi/communicator.hpp"

namespace apq::mpi {

/// Waits for a request that `call` began. Waiting ranks spin at first, then sleep: with more ranks than cores a spinning rank
/// would take the core of one that works.
inline void wait(MPI_Request& request, char const* call) {
  auto const start = std::chrono::steady_clock::now();
  for (;;) {
    int done = 0;
    check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), call);
    if (done != 0) return;
    auto const waited = std::chrono::steady_clock::now() - start;
    if (waited > std::chrono::milliseconds(20)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    else std::this_thread::yield();
  }
}

}  // namespace apq::mpi
