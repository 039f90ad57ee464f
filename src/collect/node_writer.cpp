#include "collect/node_writer.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

namespace apq::collect {

double NodeWriter::steady_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::size_t NodeWriter::memory_bytes(Options const& options) { return NodeRows::bytes(options.shard_rows, options.header.num_genes); }

NodeWriter::NodeWriter(std::span<std::uint8_t> memory, Options options, Clock clock, Write write)
    : options_(std::move(options)),
      rows_(memory, options_.shard_rows, options_.header.num_genes),
      clock_(std::move(clock)),
      write_(std::move(write)) {}

void NodeWriter::begin(int num_ranks) { rows_.begin({.ranks = static_cast<std::uint32_t>(num_ranks), .written_at = clock_()}); }

void NodeWriter::add(h5::Row const& row) {
  auto const turn = rows_.lock();
  if (rows_.is_full()) write();  // the rank that filled it could not
  rows_.append(row);
  if (rows_.is_full() || clock_() - rows_.state().written_at >= options_.flush_seconds) write();
}

void NodeWriter::flush() {
  auto const turn = rows_.lock();
  if (rows_.state().unwritten > 0 && clock_() - rows_.state().written_at >= options_.flush_seconds) write();
}

void NodeWriter::leave() {
  auto const turn = rows_.lock();
  bool const is_last = --rows_.state().ranks == 0;
  // Nobody may come by for as long as the last sample takes.
  bool const is_due = clock_() - rows_.state().written_at >= std::min(1.0, options_.flush_seconds);
  if (is_last || is_due) write();
}

void NodeWriter::write() {
  auto& state = rows_.state();
  if (state.unwritten > 0) {
    auto const file = options_.directory / fmt::format("{}-{:05}.h5", options_.prefix, state.num_sealed);
    write_(file, {options_.header, rows_.all()});
    if (options_.delivered) options_.delivered(state.unwritten_joules);
  }
  state.unwritten = 0;
  state.unwritten_joules = 0;
  state.written_at = clock_();
  if (!rows_.is_full()) return;
  state.rows = 0;
  ++state.num_sealed;
}

}  // namespace apq::collect
