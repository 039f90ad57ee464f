#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "search/fingerprint.hpp"

namespace apq::search {

/// Scores by fingerprint, numbered in the order of their first appearance. Open addressing, at most half full.
class KnownScores {
 public:
  struct Found {
    std::size_t number;
    bool is_new;  ///< its score is yet to be set
  };

  /// Makes room for `n` more, so that the next n calls of find_or_add do not move anything.
  void reserve(std::size_t n) {
    std::size_t capacity = slots_.size();
    while (2 * (scores_.size() + n) > capacity) capacity = capacity == 0 ? 1024 : 2 * capacity;
    if (capacity == slots_.size()) return;
    std::vector<Slot> old(capacity);
    old.swap(slots_);
    for (auto const& slot : old)
      if (slot.number != none) slots_[place_of(slot.key)] = slot;
  }
  /// Asks memory for what find_or_add(key) will read.
  void prefetch(Fingerprint const& key) const { __builtin_prefetch(&slots_[key.first & (slots_.size() - 1)]); }
  Found find_or_add(Fingerprint const& key) {
    auto& slot = slots_[place_of(key)];
    if (slot.number != none) return {slot.number, false};
    slot = {key, scores_.size()};
    scores_.push_back(0);
    return {slot.number, true};
  }
  double& operator[](std::size_t number) { return scores_[number]; }
  std::size_t size() const { return scores_.size(); }

 private:
  static constexpr auto none = std::numeric_limits<std::size_t>::max();
  struct Slot {
    Fingerprint key{};
    std::size_t number = none;
  };
  std::size_t place_of(Fingerprint const& key) const {
    auto const mask = slots_.size() - 1;
    auto at = key.first & mask;
    while (slots_[at].number != none && !(slots_[at].key == key)) at = (at + 1) & mask;
    return at;
  }

  std::vector<Slot> slots_;
  std::vector<double> scores_;
};

}  // namespace apq::search
