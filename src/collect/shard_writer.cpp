#include "collect/shard_writer.hpp"

#include <fmt/format.h>

namespace apq::collect {

ShardWriter::ShardWriter(std::filesystem::path directory, std::string prefix, h5::ShardHeader header, std::size_t shard_rows,
                         double flush_seconds)
    : directory_(std::move(directory)), prefix_(std::move(prefix)), current_{std::move(header), {}}, shard_rows_(shard_rows),
      interval_(flush_seconds), written_(std::chrono::steady_clock::now()) {}

void ShardWriter::add(h5::Row row) {
  current_.rows.push_back(std::move(row));
  ++unwritten_;
  bool const full = current_.rows.size() >= shard_rows_;
  if (full || std::chrono::steady_clock::now() - written_ >= interval_) flush();
  if (full) {
    current_.rows.clear();
    ++num_sealed_;
  }
}

void ShardWriter::flush() {
  if (unwritten_ > 0) h5::write_shard(directory_ / fmt::format("{}-{:05}.h5", prefix_, num_sealed_), current_);
  unwritten_ = 0;
  written_ = std::chrono::steady_clock::now();
}

}  // namespace apq::collect
