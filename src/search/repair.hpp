#pragma once

#include "search/domain.hpp"
#include "search/limits.hpp"

namespace apq::search {

/// Makes genes meet limits by small steps: of a few random moves (a smaller kernel, width, bit width or image size, a
/// lower depth) that lower the violation it takes the gentlest that ends it, else the one that lowers it most. Where random
/// moves find nothing, all single changes are looked at; where none helps, the genes become `fallback`. A move is priced by
/// the changed block alone, but for the image size, which changes them all.
///
/// @param genes     canonical, of the domain; changed in place. Unchanged when they meet the limits already.
/// @param fallback  a member of the domain that meets the limits, e.g. from feasible_member().
/// @return          cost of the repaired genes, which meets the limits; the cost model's, to the last bit.
cost::Cost repair(Domain const& domain, cost::CostModel const& cost_model, Limits const& limits, std::span<std::uint8_t const> fallback,
                  std::span<std::uint8_t> genes, RandomStream& random);

}  // namespace apq::search
