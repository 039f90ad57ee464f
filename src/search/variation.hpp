#pragma once

#include "search/domain.hpp"
#include "search/release_slips.hpp"

// Operators that make a child's genes, canonical and within the domain, from its parents'. Pure functions of their arguments
// and of the random stream, which is keyed by the child, so that it is the same whatever rank makes it. `child` has as many
// bytes as a parent and is none of them.
namespace apq::search {

/// Changes genes independently of each other: a kernel or a bit width becomes another choice, a width or the image size
/// moves by one to three steps or (every second time) anywhere, a depth by one. A bit width that a new kernel forbids is
/// drawn anew. The child differs from `parent` unless the domain holds almost nothing else.
/// @param rate  probability per gene; 0: three changes are expected in a child (APQ spec F3: 2 to 4).
void mutate(Domain const& domain, std::span<std::uint8_t const> parent, double rate, ReleaseSlips const& slips, RandomStream& random,
            std::span<std::uint8_t> child);

/// Every second child takes whole stages, with their depth, from either parent; the others take each stage's depth from
/// either parent and then block by block from those parents that have it. The image size is either parent's.
void cross(Domain const& domain, std::span<std::uint8_t const> first, std::span<std::uint8_t const> second, ReleaseSlips const& slips,
           RandomStream& random, std::span<std::uint8_t> child);

}  // namespace apq::search
