#pragma once

#include <chrono>
#include <string>

#include "common/mpi/collective_error.hpp"
#include "common/mpi/communicator.hpp"

namespace apq::mpi {

/// The lowest rank's text that is not empty, on every rank; empty: all are. Collective.
std::string agreed_reason(Communicator const& comm, std::string const& mine);

/// Work in equal steps that all ranks take together, and end together: between two steps they agree whether one of them was asked to stop
/// (core/stop_request.hpp) or sees that the next steps would not end before the deadline. They agree by one small message, at steps far
/// enough apart that it does not count: after the first step, then about every fifth of a second, or at every step that takes longer.
class Turns {
 public:
  /// @param what     stands before the message: "search". `comm` must outlive it.
  /// @param seconds  that the first step takes at most, as far as that is known.
  /// Local.
  Turns(Communicator const& comm, std::string what, double seconds = 0) : comm_(comm), what_(std::move(what)), longest_(seconds) {}

  /// Before every step: true on every rank alike when all shall end now, and write down what they have. Collective.
  bool end_here();
  /// Then: "search: stopped by SIGTERM; run the same command again to go on", which every rank holds alike.
  CollectiveError stopped() const;

  /// Both in one. @throws what stopped() gives. Collective.
  void next() {
    if (end_here()) throw stopped();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Communicator const& comm_;
  std::string what_, reason_;
  int stride_ = 1, since_ = 0;  // steps from one agreement to the next, and since the last
  bool has_begun_ = false;
  double longest_ = 0;  // seconds that one step took so far, at most, on this rank
  Clock::time_point last_ = {};
};

}  // namespace apq::mpi
