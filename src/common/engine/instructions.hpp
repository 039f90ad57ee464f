#pragma once

#include <string>
#include <string_view>

#include "common/core/enum_names.hpp"

// Which instruction set oneDNN may use. Its kernels round differently from set to set, so that labels depend on it (docs/labels.md).
// Needs no LibTorch.
namespace apq::engine {

/// oneDNN's names for what its kernels for 32-bit floats and 8-bit integers distinguish. Sets beyond, for other types, are not used.
enum class InstructionSet {
  automatic,  ///< the best that all ranks of a job have; in a study what it was begun with
  generic,    ///< of processors, and builds, where oneDNN has no choice
  sse41,
  avx,
  avx2,
  avx512_core,
  avx2_vnni,
  avx512_core_vnni,
  avx512_core_amx
};
inline constexpr EnumNames<InstructionSet, 9> instruction_set_names({{InstructionSet::automatic, "auto"},
                                                                     {InstructionSet::generic, "generic"},
                                                                     {InstructionSet::sse41, "sse41"},
                                                                     {InstructionSet::avx, "avx"},
                                                                     {InstructionSet::avx2, "avx2"},
                                                                     {InstructionSet::avx512_core, "avx512_core"},
                                                                     {InstructionSet::avx2_vnni, "avx2_vnni"},
                                                                     {InstructionSet::avx512_core_vnni, "avx512_core_vnni"},
                                                                     {InstructionSet::avx512_core_amx, "avx512_core_amx"}});

/// What a processor can, as far as the sets above differ in it: a bit each. What several can is their intersection (&).
using Features = unsigned;

/// @param flags  words of a `flags` line of /proc/cpuinfo
/// @param limit  ONEDNN_MAX_CPU_ISA, with which oneDNN can be told to take a processor for a lesser one; empty or unknown: none
Features features_of(std::string_view flags, std::string_view limit);
/// Of this machine, as it was when first asked for; none in a build without oneDNN.
Features features_here();

/// True where a processor of these features has the set; `automatic` is none.
bool has(Features features, InstructionSet set);
/// The best of those that such a processor has: later ones in the list are better.
InstructionSet best_of(Features features);

/// Tells oneDNN to use this set. oneDNN listens once in a process, before its first primitive: in_use() says what came of it.
void use(InstructionSet set);
/// What oneDNN uses; from then on that cannot be changed.
InstructionSet in_use();

}  // namespace apq::engine
