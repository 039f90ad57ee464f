#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/core/enum_names.hpp"
#include "common/h5/shard.hpp"

// Rows of two collections of one dataset become one.
namespace apq::dataset {

/// What becomes of a sample that two collections labelled differently.
enum class OnContradiction {
  refuse,  ///< nothing is merged
  first,   ///< the first collection's label stays
  drop     ///< the sample is left out
};
inline constexpr EnumNames<OnContradiction, 3> on_contradiction_names({{OnContradiction::refuse, "refuse"},
                                                                       {OnContradiction::first, "first"},
                                                                       {OnContradiction::drop, "drop"}});

/// Two labels of one sample that differ, or one id of two subnets.
struct Contradiction {
  h5::Row first, second;
};
/// "sample 7: 701 of 1000 there, 702 here", or what else differs; `there` and `here` name the two.
std::string text_of(Contradiction const& contradiction, std::string const& there, std::string const& here);

struct MergedRows {
  std::vector<h5::Row> rows;                  ///< by ascending id, no id twice
  std::size_t folded = 0;                     ///< ids with equal labels on both sides
  std::vector<Contradiction> contradictions;  ///< all of them, by ascending id
};

/// Ids with equal genes and counts fold: the first side's row stays, with its loss, seconds and joules. O(n).
/// @param first, second  by ascending id, no id twice
/// @param choice         refuse: contradicted samples are left out of `rows`, which are then of no use
MergedRows merge_rows(std::span<h5::Row const> first, std::span<h5::Row const> second, OnContradiction choice);

}  // namespace apq::dataset
