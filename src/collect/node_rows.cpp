#include "collect/node_rows.hpp"

#include <cstring>

#include <fmt/format.h>

#include "common/core/error.hpp"

namespace apq::collect {
namespace {

// A row but for its genes, which follow it.
struct Fixed {
  std::uint64_t id;
  std::uint32_t correct, correct5, total;
  float loss, seconds, joules;
};

std::size_t stride_of(std::size_t num_genes) { return (sizeof(Fixed) + num_genes + 7) / 8 * 8; }

}  // namespace

std::size_t NodeRows::bytes(std::size_t capacity, int num_genes) {
  return sizeof(State) + capacity * stride_of(static_cast<std::size_t>(num_genes));
}

NodeRows::NodeRows(std::span<std::uint8_t> memory, std::size_t capacity, int num_genes)
    : state_(reinterpret_cast<State*>(memory.data())),
      first_(memory.data() + sizeof(State)),
      capacity_(capacity),
      num_genes_(static_cast<std::size_t>(num_genes)) {}

void NodeRows::begin(State const& state) { *state_ = state; }

void NodeRows::append(h5::Row const& row) {
  if (is_full() || row.genes.size() != num_genes_)
    throw Error(Errc::internal, fmt::format("sample {}: a row of {} genes does not fit {} of {} rows of {}", row.id, row.genes.size(),
                                            state_->rows, capacity_, num_genes_));
  Fixed const fixed{row.id, row.correct, row.correct5, row.total, row.loss, row.seconds, row.joules};
  auto* const at = first_ + state_->rows * stride_of(num_genes_);
  std::memcpy(at, &fixed, sizeof fixed);
  std::memcpy(at + sizeof fixed, row.genes.data(), num_genes_);
  ++state_->rows;
  ++state_->unwritten;
  state_->unwritten_joules += row.joules;
}

std::vector<h5::Row> NodeRows::all() const {
  std::vector<h5::Row> rows;
  rows.reserve(state_->rows);
  for (std::uint64_t i = 0; i < state_->rows; ++i) {
    auto const* const at = first_ + i * stride_of(num_genes_);
    Fixed fixed;
    std::memcpy(&fixed, at, sizeof fixed);
    auto const* const genes = at + sizeof fixed;
    rows.push_back({.id = fixed.id,
                    .genes = space::Genes(genes, genes + num_genes_),
                    .correct = fixed.correct,
                    .correct5 = fixed.correct5,
                    .total = fixed.total,
                    .loss = fixed.loss,
                    .seconds = fixed.seconds,
                    .joules = fixed.joules});
  }
  return rows;
}

}  // namespace apq::collect
