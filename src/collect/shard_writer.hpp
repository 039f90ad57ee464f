#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "common/h5/shard.hpp"

namespace apq::collect {

/// One rank's shards: rows are added to the current one, which is written whole every few seconds and at the end;
/// a full shard is sealed (never written again) and a new one begun.
class ShardWriter {
 public:
  /// @param prefix  makes the names of this run and rank differ from all others: PREFIX-00000.h5, ...
  ShardWriter(std::filesystem::path directory, std::string prefix, h5::ShardHeader header, std::size_t shard_rows,
              double flush_seconds);

  /// @throws Error(io) when the shard cannot be written; what was written before stays.
  void add(h5::Row row);
  void flush();

 private:
  std::filesystem::path directory_;
  std::string prefix_;
  h5::Shard current_;
  std::size_t shard_rows_, num_sealed_ = 0, unwritten_ = 0;
  std::chrono::duration<double> interval_;
  std::chrono::steady_clock::time_point written_;
};

}  // namespace apq::collect
