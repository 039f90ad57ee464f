#pragma once

#include "common/core/enum_names.hpp"

namespace apq::net {

/// The released code's slips that change a quantised network's numbers, each on its own. The names D-n are those of
/// docs/fidelity.md.
struct Fidelity {
  bool feature_mix_loses_a_bit = false;          ///< D-20: activations of the feature mix are 7-bit signed, not 8
  bool signed_ranges_are_capped = false;         ///< D-21: ranges of what no ReLU6 bounds are cut at 6
  bool recalibrates_before_calibrating = false;  ///< D-22: BN statistics are taken with uncalibrated quantisers
  bool kl_halves_the_levels = false;             ///< D-24: 2^(b-1) levels also where there is no sign bit
  bool kl_searches_every_bin = false;            ///< not a slip: the exhaustive search, O(bins^2), for parity to the bin

  bool operator==(Fidelity const&) const = default;
};

/// The two sets of them that can be asked for.
enum class FidelityKind { corrected, release };
inline constexpr EnumNames<FidelityKind, 2> fidelity_kind_names({{FidelityKind::corrected, "corrected"},
                                                                 {FidelityKind::release, "release"}});

inline Fidelity release_fidelity() { return {true, true, true, true, true}; }
inline Fidelity corrected_fidelity() { return {}; }
inline Fidelity fidelity_of(FidelityKind kind) { return kind == FidelityKind::release ? release_fidelity() : corrected_fidelity(); }

}  // namespace apq::net
