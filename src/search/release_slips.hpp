#pragma once

#include "common/core/enum_names.hpp"

namespace apq::search {

/// Faults of the released search, each of which can be switched on for an ablation (APQ spec, list D). Its rejection
/// sampling without end (D-8) is not among them: repair takes its place throughout.
struct ReleaseSlips {
  bool blind_to_bits = false;            ///< D-1: the predictor sees every bit width as the largest
  bool halved_first_generation = false;  ///< D-2: only the first half of the initial population is kept
  bool discarded_crossovers = false;     ///< D-3: only the first half of the children, the mutants, is kept
  bool frozen_depth = false;             ///< D-4: mutation leaves depths as they are
  bool inflating_crossover = false;      ///< D-5: a child's depth starts at the first parent's and only grows
  bool extra_generation = false;         ///< D-6: one generation more than asked for
  bool whole_block_mutation = false;     ///< D-7: mutation redraws all six genes of a block together
  bool kept_duplicates = false;          ///< D-13: equal individuals stay in the population

  static constexpr ReleaseSlips all() { return {true, true, true, true, true, true, true, true}; }
  bool operator==(ReleaseSlips const&) const = default;
};

/// The two sets of them that can be asked for.
enum class SlipsKind { corrected, release };
inline constexpr EnumNames<SlipsKind, 2> slips_kind_names({{SlipsKind::corrected, "corrected"}, {SlipsKind::release, "release"}});

}  // namespace apq::search
