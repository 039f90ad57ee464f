#pragma once

#include "search/domain.hpp"
#include "search/release_slips.hpp"

// Operators that make a child's genes, canonical and within the domain, from its parents'. Pure functions of their arguments
// and of the random stream, which is keyed by the child, so that it is the same whatever rank makes it.
namespace apq::search {

/// Changes genes independently of each other: a kernel or a bit width becomes another choice, a width moves by one to
/// three steps or (every second time) anywhere, a depth by one. A bit width that a new kernel forbids is drawn anew.
/// @param rate  probability per gene; 0: three changes are expected in a child (APQ spec F3: 2 to 4).
/// @return      differs from `parent` unless the domain holds almost nothing else.
space::Genes mutate(Domain const& domain, space::Genes const& parent, double rate, ReleaseSlips const& slips,
                    RandomStream& random);

/// Every second child takes whole stages, with their depth, from either parent; the others take each stage's depth from
/// either parent and then block by block from those parents that have it.
space::Genes cross(Domain const& domain, space::Genes const& first, space::Genes const& second,
                   ReleaseSlips const& slips, RandomStream& random);

}  // namespace apq::search
