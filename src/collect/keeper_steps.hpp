#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "collect/block_search.hpp"
#include "collect/node_queue.hpp"

namespace apq::collect {

/// What a node's keeper does, step by step, whoever's clock it runs by: keeps the queue filled with blocks that it claims; when no block
/// is left that nobody claimed, looks at what others delivered and takes what is left; has waiting rows written; tells how far things
/// are; and says when every sample is in a shard, in quarantine or in this node's memory.
class KeeperSteps {
 public:
  struct Options {
    double flush_seconds;
    double sample_seconds;  ///< of a sample, as far as is known before the first; 0: not
    double sample_timeout;  ///< a sample that takes three times as long hangs: twice were its two attempts; 0: none does
    double expiry;          ///< seconds after which others take a job for gone that shows no sign of life
    /// Ids that others delivered or put into quarantine since the last call. It looks at files.
    std::function<std::vector<std::uint64_t>()> look;
    /// Of ids, about proportional to their time: blocks are begun with what takes longest; empty: not known.
    std::function<double(std::uint64_t)> cost_of;
    std::function<void()> flush;  ///< writes rows that are due; often
    /// Every few seconds, and at the end.
    std::function<void(NodeQueue::Counts const&, std::vector<std::string> const& waits_for)> tell;
    /// A sample hangs: told once. `is_last`: all else is done.
    std::function<void(NodeQueue::InHand const&, double seconds, bool is_last)> hangs;
  };
  /// @param clock  seconds, the one that the ranks give to NodeQueue::take
  KeeperSteps(NodeQueue queue, BlockClaims& claims, BlockSearch::Options search, Options options, std::function<double()> clock);

  /// False: there is nothing left to do. @throws Error(io) when a claim cannot be made; whatever the options' functions throw.
  bool step();
  /// After so many seconds, or when a rank wants a sample, comes the next step.
  double until_next() const;
  /// No rank begins another sample, and what was claimed and not done is given back. @throws likewise.
  void finish();

 private:
  void look();
  void fill(std::vector<std::uint64_t> ids);
  void look_for_hanging(NodeQueue::Counts const& counts);
  double mean_seconds(NodeQueue::Counts const& counts) const;
  double patience(NodeQueue::Counts const& counts) const;

  NodeQueue queue_;
  BlockSearch search_;
  Options options_;
  std::function<double()> clock_;
  bool is_at_end_ = false;  // no block is left that nobody claimed
  double looked_, told_, stepped_;
  double resumed_ = -1e9;  // when the node last went on after a suspension
  std::vector<std::uint64_t> hanging_, killed_;
};

}  // namespace apq::collect
