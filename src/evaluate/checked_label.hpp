#pragma once

#include <cstdint>
#include <string>

#include "common/space/search_space.hpp"
#include "evaluate/evaluator.hpp"

namespace apq::evaluate {

/// A label that can be believed, or an error that says whose it would have been: "`who`: what is wrong; genes [1 0 2 ...]".
/// @param who     e.g. "sample 5 of stage fp"
/// @param sample  as of Evaluator::evaluate.
/// @throws Error with the code of the evaluator's; Error(numeric) for a loss that is not finite; Error(internal) for impossible counts and
///         for exceptions of other kinds.
Label checked_label(Evaluator& evaluator, space::SearchSpace const& space, space::Subnet const& subnet, std::uint64_t sample,
                    std::string const& who);

}  // namespace apq::evaluate
