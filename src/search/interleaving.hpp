#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace apq::search {

/// An order in which items of two kinds are spread evenly among each other. Making one kind may take longer than making
/// the other: with this order a block of consecutive places has its share of either, so that ranks that take such blocks
/// have equally much to do.
struct Interleaving {
  /// Items are numbered through, those of the first kind before those of the second.
  Interleaving(std::size_t num_first, std::size_t num_second) : item_at(num_first + num_second), place_of(item_at.size()) {
    auto const n = item_at.size();
    std::size_t firsts = 0;  // on the places before
    for (std::size_t place = 0; place < n; ++place) {
      bool const is_first = (place + 1) * num_first / n > firsts;
      auto const item = is_first ? firsts++ : num_first + (place - firsts);
      item_at[place] = static_cast<std::uint32_t>(item);
      place_of[item] = static_cast<std::uint32_t>(place);
    }
  }

  std::vector<std::uint32_t> item_at;   ///< [place]
  std::vector<std::uint32_t> place_of;  ///< [item]
};

}  // namespace apq::search
