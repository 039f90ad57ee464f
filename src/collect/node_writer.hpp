#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "collect/node_rows.hpp"

namespace apq::collect {

/// The shards of one node, filled by all its ranks: rows go into the shard in hand, which whichever rank notices that its time has
/// come writes whole, every few seconds and at the end; a full shard is sealed (never written again) and a new one begun. So a
/// node makes as many files and writes as one rank would, and nobody serves the others.
///
/// Every rank has an object of its own on the memory that they share. What a kill loses of finished samples is younger than
/// `flush_seconds` where somebody calls `flush` in between.
class NodeWriter {
 public:
  struct Options {
    std::filesystem::path directory;
    std::string prefix;  ///< makes the names of this run and node differ from all others: PREFIX-00000.h5, ...
    h5::ShardHeader header;
    std::size_t shard_rows;
    double flush_seconds;
    std::function<void(double joules)> delivered = {};  ///< of rows that are in a shard from now on
  };
  /// Time and disk; a simulation has others (bench/simulate_collector.cpp).
  using Clock = std::function<double()>;  ///< seconds, the same for all ranks of the node
  using Write = std::function<void(std::filesystem::path const&, h5::Shard const&)>;
  static double steady_seconds();

  /// Bytes of the memory that the ranks share.
  static std::size_t memory_bytes(Options const& options);
  NodeWriter(std::span<std::uint8_t> memory, Options options, Clock clock = &steady_seconds, Write write = &h5::write_shard);

  /// By one rank, before any other adds a row: so many ranks will, and each leaves once.
  void begin(int num_ranks);
  /// @throws Error(io) when the shard cannot be written; what was written before stays, and the rows stay in memory.
  void add(h5::Row const& row);
  /// Writes what is due, also where no rank comes by. @throws Error(io) likewise.
  void flush();
  /// This rank adds no more. The node's last one writes what is left; one before it, what is older than a second.
  /// @throws Error(io) likewise.
  void leave();

 private:
  void write();
  Options options_;
  NodeRows rows_;
  Clock clock_;
  Write write_;
};

}  // namespace apq::collect
