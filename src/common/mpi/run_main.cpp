#include "common/mpi/run_main.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "common/core/as_error.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/printable.hpp"
#include "common/mpi/collective_error.hpp"
#include "common/mpi/launcher.hpp"

namespace apq::mpi {
namespace {

// One rank failed alone: the others may be blocked in a collective, so the job ends here.
int fail_alone(Communicator const& world, int status, std::string const& message) {
  if (world.size() == 1) {
    fmt::print(stderr, "apq: error: {}\n", printable(message));
    return status;
  }
  fmt::print(stderr, "[rank {}] error: {}\n", world.rank(), printable(message));
  std::fflush(stderr);
  MPI_Abort(world.get(), status);
  return status;
}

int run_body(Communicator const& world, int argc, char** argv, std::function<int(Communicator const&, int, char**)> const& body) {
  log::init(world.rank());
  try {
    return body(world, argc, argv);
  } catch (CollectiveError const& e) {
    if (world.is_root()) fmt::print(stderr, "apq: error: {}\n", printable(e.what()));
    return e.exit_status();
  } catch (std::exception const& e) {
    auto const error = as_error(e);
    return fail_alone(world, error.exit_status(), error.what());
  }
}

}  // namespace

int run_main(int argc, char** argv, std::function<int(Communicator const&, int, char**)> const& body, Initialise initialise) {
  if (initialise == Initialise::when_launched && !is_launched()) return run_body(Communicator::alone(), argc, argv, body);
  // Funneled: threads beside the main one (a heartbeat, a node's keeper) make no calls.
  int provided = 0;
  if (MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) {
    fmt::print(stderr, "apq: error: MPI could not be initialised\n");
    return static_cast<int>(Errc::mpi);
  }
  int status = 0;
  {
    Communicator const world(MPI_COMM_WORLD);
    status = run_body(world, argc, argv, body);
  }
  MPI_Finalize();
  return status;
}

}  // namespace apq::mpi
