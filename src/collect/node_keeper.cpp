#include "collect/node_keeper.hpp"

#include <utility>

#include <signal.h>

namespace apq::collect {
namespace {

// Signals are for the thread that labels.
std::thread thread_without_signals(std::function<void()> const& body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(body);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

NodeKeeper::NodeKeeper(NodeQueue queue, NodeBell bell, BlockClaims& claims, BlockSearch::Options search, KeeperSteps::Options options,
                       std::function<double()> clock)
    : queue_(queue),
      bell_(bell),
      steps_(queue, claims, search, std::move(options), std::move(clock)),
      thread_(thread_without_signals([this] { run(); })) {}

NodeKeeper::~NodeKeeper() {
  queue_.end();
  bell_.ring();
  if (thread_.joinable()) thread_.join();
}

void NodeKeeper::finish() {
  bell_.ring();
  thread_.join();
  if (failure_) std::rethrow_exception(failure_);
}

void NodeKeeper::run() {
  try {
    while (steps_.step()) bell_.wait(steps_.until_next());
  } catch (...) {
    failure_ = std::current_exception();
  }
  try {
    queue_.end();
    steps_.finish();
  } catch (...) {
    if (!failure_) failure_ = std::current_exception();
  }
}

}  // namespace apq::collect
