#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace apq::collect {

/// The order in which samples are handed out: as they come, but for the last few of every rank, which go by falling cost, so that
/// no rank begins a long sample when the others are nearly done (longest processing time first, Graham, SIAM J. Appl. Math. 17(2),
/// 1969). Which label a sample gets does not depend on it.
///
/// @param cost_of  of a sample, in any unit, about proportional to its time; asked for the last ones only.
std::vector<std::uint64_t> claim_order(std::vector<std::uint64_t> ids, int num_ranks,
                                       std::function<double(std::uint64_t id)> const& cost_of);

}  // namespace apq::collect
