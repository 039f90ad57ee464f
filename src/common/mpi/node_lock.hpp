#pragma once

#include <cstdint>

namespace apq::mpi {

/// Held for as long as the object lives, on a word of memory that the ranks of a node share (0: free); the others wait asleep. A killed
/// holder leaves the others waiting for the end that the launcher makes of the job.
class NodeLock {
 public:
  explicit NodeLock(std::uint32_t& word);
  ~NodeLock();
  NodeLock(NodeLock const&) = delete;
  NodeLock& operator=(NodeLock const&) = delete;

 private:
  std::uint32_t& word_;
};

}  // namespace apq::mpi
