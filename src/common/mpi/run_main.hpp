#pragma once

#include <functional>

#include "common/mpi/communicator.hpp"

namespace apq::mpi {

/// When `run_main` initialises MPI, which takes a process alone a third of a second.
enum class Initialise {
  always,
  when_launched,  ///< where a launcher started the process (launcher.hpp); else `body` gets Communicator::alone()
};

/// The one `main`: initialises MPI and the loggers, runs `body` and turns an Error into one line and an exit status.
///  - an error that all ranks raise alike (through `collectively`): rank 0 prints it, all finalize, exit status = Errc;
///  - an error of one rank alone: that rank prints `[rank r] error: ...` and calls MPI_Abort with the status, because the
///    others may be blocked in a collective.
/// An error thrown by `collectively` is of type CollectiveError (derives from Error), which is how the two are told apart.
/// At size 1 both are the same.
int run_main(int argc, char** argv, std::function<int(Communicator const& world, int argc, char** argv)> const& body,
             Initialise initialise = Initialise::always);

}  // namespace apq::mpi
