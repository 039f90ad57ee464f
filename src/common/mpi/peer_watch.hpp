#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/core/process_state.hpp"
#include "common/mpi/communicator.hpp"

namespace apq::mpi {

/// Ends a job whose ranks would wait for ever for one that is lost: its process is gone and the launcher did not notice, or was stopped
/// (SIGSTOP) and nobody let it go on. Every rank watches the next one on its machine; a machine that is lost is the launcher's to notice
/// (docs/operations.md). A rank that is slow, at a sample of hours or a file system that hangs, is not lost: only what the kernel says
/// of its process counts. Time is the watcher's own running time, so that a job that is stopped as a whole, for however long, and goes on
/// is none the worse.
///
/// A request to stop that reached this rank alone (core/stop_request.hpp) is passed on to the next one, so that all ranks of a machine
/// know of it also in the midst of work that does not communicate.
class PeerWatch {
 public:
  /// @param silent_seconds  of this rank's running time for which a peer may be stopped; one that is gone is lost after 2.
  /// While it lives every rank must be in a StopOnSignals. `comm` is of one rank or more. Collective.
  PeerWatch(Communicator const& comm, double silent_seconds);
  ~PeerWatch();
  PeerWatch(PeerWatch const&) = delete;
  PeerWatch& operator=(PeerWatch const&) = delete;

 private:
  void watch();
  bool sleep();
  struct Peer {
    ProcessId process;
    int rank;  // in comm
  };
  [[noreturn]] void end_job(Peer const& peer, ProcessState state, double seconds) const;

  std::vector<Peer> peers_;  // of this machine, from the one that this rank watches on
  int rank_;
  double silent_seconds_;
  std::string host_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace apq::mpi
