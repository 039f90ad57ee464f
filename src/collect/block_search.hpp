#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "collect/block_claims.hpp"

namespace apq::collect {

/// What a node labels next. First blocks that nobody has claimed. Then, in an order of the node's own, blocks that others claimed and of
/// which samples are missing: at once where the holder is gone, else when it has had the time to deliver what it had in hand, so that an
/// idle node helps with what waits elsewhere. Every block is taken by creating its next claim, which one node gets.
///
/// Blocks are `block_size` consecutive ids. Knows no clock and no file system.
class BlockSearch {
 public:
  struct Options {
    std::uint64_t block_size;
    std::uint64_t own;  ///< a random number of the node
  };
  BlockSearch(BlockClaims& claims, Options options) : claims_(claims), options_(options) {}

  /// The ids of `open` (ascending) of a block that nobody had claimed; empty: there is none.
  std::vector<std::uint64_t> next_unclaimed(std::function<std::vector<std::uint64_t>()> const& open);

  /// Those of a block that others claimed. `open` are missing everywhere as far as a look just now at the shards says.
  /// @param patience  seconds that a holder has who is not gone, from the first call that found its claim
  std::vector<std::uint64_t> next_left(std::vector<std::uint64_t> const& open, double now, double patience);
  /// Who holds what the last next_left did not get, for people; each once.
  std::vector<std::string> const& holders() const { return holders_; }

  /// Gives back the blocks that this node claimed and of which ids are open.
  void release(std::vector<std::uint64_t> const& open);

 private:
  struct Seen {
    std::uint64_t generation;
    double since;
  };
  std::map<std::uint64_t, std::vector<std::uint64_t>> by_block(std::vector<std::uint64_t> const& ids) const;
  void find_unclaimed(std::vector<std::uint64_t> const& open);

  BlockClaims& claims_;
  Options options_;
  bool has_looked_ = false;
  std::vector<std::uint64_t> unclaimed_;  // blocks, the next one last
  double window_ = 1;                     // among so many of the next ones one is chosen, so that nodes seldom want the same
  std::uint64_t draws_ = 0;
  std::map<std::uint64_t, std::uint64_t> mine_;  // block, generation
  std::map<std::uint64_t, Seen> seen_;
  std::vector<std::string> holders_;
};

}  // namespace apq::collect
