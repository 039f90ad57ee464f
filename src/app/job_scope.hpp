#pragma once

#include <string>

#include "common/mpi/peer_watch.hpp"
#include "study/experiment.hpp"

namespace apq::app {

/// What a command stands in while it works on a study: the end of its job is known (core/stop_request.hpp) and its ranks are watched over
/// (mpi/peer_watch.hpp).
class JobScope {
 public:
  /// @param time_left  as parse_duration reads it; empty: the scheduler is asked, by root alone. Collective.
  JobScope(mpi::Communicator const& world, study::Experiment const& experiment, std::string const& time_left);
  ~JobScope();
  JobScope(JobScope const&) = delete;
  JobScope& operator=(JobScope const&) = delete;

 private:
  mpi::PeerWatch watch_;
};

}  // namespace apq::app
