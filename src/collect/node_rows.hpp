#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/h5/shard.hpp"
#include "common/mpi/node_lock.hpp"

namespace apq::collect {

/// Rows that all ranks of a node see, of a fixed number of genes, and what the ranks must know of each other to write them. It is a view
/// of memory that they share; everything but `bytes` and `begin` needs the lock.
class NodeRows {
 public:
  struct State {
    std::uint32_t lock = 0;
    std::uint32_t ranks = 0;       ///< that may still add rows
    std::uint64_t rows = 0;        ///< here now
    std::uint64_t unwritten = 0;   ///< of them, in no file yet
    std::uint64_t num_sealed = 0;  ///< shards that are full and closed
    double unwritten_joules = 0;   ///< of those
    double written_at = 0;         ///< seconds of a clock that all ranks of the node share
  };

  /// Memory that so many rows take.
  static std::size_t bytes(std::size_t capacity, int num_genes);
  /// `memory` holds bytes(capacity, num_genes), aligned for State.
  NodeRows(std::span<std::uint8_t> memory, std::size_t capacity, int num_genes);
  /// By one rank, before any other touches the memory.
  void begin(State const& state);

  mpi::NodeLock lock() { return mpi::NodeLock(state_->lock); }
  State& state() { return *state_; }
  bool is_full() const { return state_->rows == capacity_; }
  /// There must be room.
  void append(h5::Row const& row);
  std::vector<h5::Row> all() const;

 private:
  State* state_;
  std::uint8_t* first_;
  std::size_t capacity_, num_genes_;
};

}  // namespace apq::collect
