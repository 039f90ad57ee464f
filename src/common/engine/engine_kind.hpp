#pragma once

#include <string>

#include "common/core/enum_names.hpp"

// Which engine computes labels. Needs no LibTorch: what only reads an experiment asks here.
namespace apq::engine {

enum class EngineKind {
  automatic,  ///< the fastest on this machine's processor
  reference,  ///< LibTorch on the processor
  onednn,     ///< fused oneDNN primitives; quantised layers in integers
  cuda        ///< LibTorch on a GPU
};
inline constexpr EnumNames<EngineKind, 4> engine_kind_names(
    {{EngineKind::automatic, "auto"}, {EngineKind::reference, "reference"}, {EngineKind::onednn, "onednn"}, {EngineKind::cuda, "cuda"}});

/// What `kind` is on this machine, never `automatic`: that is onednn where it can be used, else the reference. Labels depend on it.
EngineKind resolved(EngineKind kind);

/// Empty where the oneDNN engine can be used; else why not, for the middle of a sentence.
std::string why_not_onednn();

/// True where sums of 8-bit products are exact: older processors saturate them at 16 bits, so that quantised subnets would not be
/// what they simulate. False also in a build without oneDNN.
bool has_exact_integers();

}  // namespace apq::engine
