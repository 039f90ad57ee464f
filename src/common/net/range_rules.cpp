#include "common/net/range_rules.hpp"

#include <fmt/format.h>

#include "common/core/error.hpp"

namespace apq::net {

std::string RangeRules::text() const {
  return fmt::format("weights {} {}, activations {}{}", weight_scales_names(weight_scales), weight_rule_names(weights),
                     activation_rule_names(activations), are_powers_of_two ? " to powers of two" : "");
}

RangeRules RangeRequest::resolved(RangeRules const& fallback) const {
  RangeRules const rules{weight_scales.value_or(fallback.weight_scales), weights.value_or(fallback.weights),
                         activations.value_or(fallback.activations), are_powers_of_two};
  if (rules.weights == WeightRule::kl && rules.weight_scales == WeightScales::per_channel)
    throw Error(Errc::config, "weight ranges by kl come from a whole tensor's histogram: they need scales per_tensor");
  return rules;
}

}  // namespace apq::net
