#include "common/mpi/peer_watch.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "common/core/error.hpp"
#include "common/core/host_name.hpp"
#include "common/core/stop_request.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::mpi {
namespace {

constexpr double tick_seconds = 0.25, gone_seconds = 2;

// All signals stay with the threads that there were.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(SignalsBlocked const&) = delete;
  SignalsBlocked& operator=(SignalsBlocked const&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

PeerWatch::PeerWatch(Communicator const& comm, double silent_seconds)
    : rank_(comm.rank()), silent_seconds_(silent_seconds), host_(host_name()) {
  auto const node = comm.node();
  if (node.size() == 1) return;
  Peer const mine{this_process(), comm.rank()};
  auto const peers = allgather<Peer>(node, std::span(&mine, 1));
  for (int i = 1; i < node.size(); ++i) peers_.push_back(peers[static_cast<std::size_t>((node.rank() + i) % node.size())]);
  bool const sees_all =
      std::all_of(peers_.begin(), peers_.end(), [](Peer const& p) { return state_of(p.process) != ProcessState::is_gone; });
  barrier(node);
  if (!sees_all) return;  // containers of their own
  SignalsBlocked const signals_blocked;
  thread_ = std::thread([this] { watch(); });
}

PeerWatch::~PeerWatch() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard const lock(mutex_);
    over_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

// One tick; false at the end. Ticks are counted, not the clock: it goes on where this process does not.
bool PeerWatch::sleep() {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, std::chrono::duration<double>(tick_seconds), [this] { return over_; });
}

void PeerWatch::watch() {
  double silent = 0, gone = 0;
  bool has_passed_on = false;
  while (sleep()) {
    auto const& next = peers_.front();
    auto const state = state_of(next.process);
    silent = state == ProcessState::is_stopped ? silent + tick_seconds : 0;
    if (silent >= silent_seconds_) end_job(next, state, silent);
    int const signal = stop_signal();
    if (signal != 0 && !has_passed_on && state == ProcessState::runs) {
      pass_on_stop(next.process.number);
      has_passed_on = true;
    }
    // When one is lost a launcher asks the others to stop, which may wait for it: then all look at all, so that they end together.
    auto const last = signal != 0 ? peers_.end() : peers_.begin() + 1;
    auto const lost = std::find_if(peers_.begin(), last, [](Peer const& peer) { return state_of(peer.process) == ProcessState::is_gone; });
    gone = lost != last ? gone + tick_seconds : 0;
    if (gone >= gone_seconds) end_job(*lost, ProcessState::is_gone, gone);
  }
}

void PeerWatch::end_job(Peer const& peer, ProcessState state, double seconds) const {
  int const status = static_cast<int>(Errc::mpi);
  if (stop_signal() == 0) {  // else whoever lost it has said so
    fmt::print(stderr,
               "[rank {}] error: rank {} on {} (process {}) has been {} for {:g} s; the job ends with status {}, run the same command "
               "again to go on\n",
               rank_, peer.rank, host_, peer.process.number, state == ProcessState::is_stopped ? "stopped" : "gone", seconds, status);
    std::fflush(stderr);
  }
  // A launcher waits for its processes, and a stopped one does not hear that it shall end. Killed here, it might be what the launcher
  // takes for the reason.
  if (state == ProcessState::is_stopped) ::kill(static_cast<pid_t>(peer.process.number), SIGCONT);
  ::_exit(status);
}

}  // namespace apq::mpi
