#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "search/fingerprint.hpp"

namespace apq::search {

/// Scores by fingerprint, numbered in the order of their first appearance. Open addressing, at most half full. Every rank
/// fills such a table with what all ranks find, so it is kept small: a slot holds a number and a part of the fingerprint,
/// which tells nearly all others apart without a look at the whole one.
class KnownScores {
 public:
  struct Found {
    std::size_t number;
    bool is_new;  ///< its score is yet to be set
  };

  /// Makes room for `n` more, so that the next n calls of find_or_add do not move any slot.
  void reserve(std::size_t n) {
    std::size_t capacity = slots_.size();
    while (2 * (size() + n) > capacity) capacity = capacity == 0 ? 1024 : 2 * capacity;
    if (capacity == slots_.size()) return;
    slots_.assign(capacity, empty);
    for (std::size_t number = 0; number < size(); ++number) {
      auto at = home(fingerprints_[number]);
      while (slots_[at] != empty) at = next(at);
      slots_[at] = slot(fingerprints_[number], number);
    }
  }
  /// Asks memory for what find_or_add(key) will read.
  void prefetch(Fingerprint const& key) const { __builtin_prefetch(&slots_[home(key)]); }
  Found find_or_add(Fingerprint const& key) {
    auto at = home(key);
    for (; slots_[at] != empty; at = next(at)) {
      auto const number = slots_[at] & largest_number;
      if (slots_[at] == slot(key, number) && fingerprints_[number] == key) return {number, false};
    }
    slots_[at] = slot(key, size());
    fingerprints_.push_back(key);
    scores_.push_back(0);
    return {size() - 1, true};
  }
  double& operator[](std::size_t number) { return scores_[number]; }
  std::size_t size() const { return scores_.size(); }

 private:
  static constexpr int number_bits = 40;
  static constexpr auto largest_number = (std::uint64_t{1} << number_bits) - 1;
  static constexpr auto empty = std::numeric_limits<std::uint64_t>::max();

  std::size_t home(Fingerprint const& key) const { return key.first & (slots_.size() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
  static std::uint64_t slot(Fingerprint const& key, std::size_t number) { return key.second << number_bits | number; }

  std::vector<std::uint64_t> slots_;       // above the number, the low bits of the fingerprint's second half
  std::vector<Fingerprint> fingerprints_;  // [size]
  std::vector<double> scores_;             // [size]
};

}  // namespace apq::search
