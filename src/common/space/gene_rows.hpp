#pragma once

#include <cassert>
#include <cstdint>
#include <span>

namespace apq::space {

/// Genes of several subnets in one buffer, row-major [size, num_genes]: a view, for loops over many subnets.
class GeneRows {
 public:
  /// @param bytes  a whole number of rows.
  GeneRows(std::span<std::uint8_t const> bytes, std::size_t num_genes) : bytes_(bytes), num_genes_(num_genes) {
    assert(num_genes > 0 && bytes.size() % num_genes == 0);
  }
  std::size_t size() const { return bytes_.size() / num_genes_; }
  std::size_t num_genes() const { return num_genes_; }
  std::span<std::uint8_t const> operator[](std::size_t row) const { return bytes_.subspan(row * num_genes_, num_genes_); }
  GeneRows rows(std::size_t first, std::size_t count) const { return {bytes_.subspan(first * num_genes_, count * num_genes_), num_genes_}; }
  std::span<std::uint8_t const> bytes() const { return bytes_; }

 private:
  std::span<std::uint8_t const> bytes_;
  std::size_t num_genes_;
};

}  // namespace apq::space
