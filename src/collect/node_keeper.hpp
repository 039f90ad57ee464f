#pragma once

#include <exception>
#include <functional>
#include <thread>

#include "collect/keeper_steps.hpp"
#include "collect/node_bell.hpp"

namespace apq::collect {

/// A thread that takes a keeper's steps while the ranks of its node label. It uses no MPI and gets no signals. Ranks that wait for a
/// sample ring its bell.
class NodeKeeper {
 public:
  NodeKeeper(NodeQueue queue, NodeBell bell, BlockClaims& claims, BlockSearch::Options search, KeeperSteps::Options options,
             std::function<double()> clock);
  ~NodeKeeper();
  NodeKeeper(NodeKeeper const&) = delete;
  NodeKeeper& operator=(NodeKeeper const&) = delete;

  /// Waits until nothing is left to do. @throws what a step threw: the queue ended then.
  void finish();

 private:
  void run();
  NodeQueue queue_;
  NodeBell bell_;
  KeeperSteps steps_;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace apq::collect
