#pragma once

#include <string>

#include "common/checkpoint/state_dict.hpp"
#include "common/checkpoint/weight_names.hpp"

namespace apq::net {

/// Refuses weights that no network can compute with: values that are not finite in float32, and negative running variances. Keys that the
/// network does not take (WeightNames::ignored) may hold anything.
/// @param names  where the keys of `weights` go.
/// @throws Error(data) starting with `source`; for each key as it is called there, the first such value with its place in the tensor and
///         the number of others: "W.pt: classifier.linear.weight holds nan at [3, 17] (and 4 more values); ...".
void require_finite(checkpoint::StateDict const& weights, checkpoint::WeightNames const& names, std::string const& source);

}  // namespace apq::net
