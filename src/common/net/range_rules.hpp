#pragma once

#include <optional>
#include <string>

#include "common/core/enum_names.hpp"

// How the quantisers of a subnet come by their scales. Needs no LibTorch.
namespace apq::net {

/// What shares a weight scale. Of a batch norm behind it a scale per channel becomes part, so that an integer runtime computes the same.
enum class WeightScales {
  per_channel,  ///< an output channel; nearly all devices (TensorRT, CMSIS-NN, VNNI, ...)
  per_tensor    ///< a layer: the APQ paper's
};
inline constexpr EnumNames<WeightScales, 2> weight_scales_names({{WeightScales::per_channel, "per_channel"},
                                                                 {WeightScales::per_tensor, "per_tensor"}});

/// Where the weights are clipped.
enum class WeightRule {
  max,  ///< nowhere
  mse,  ///< below 5 bits where their squared error is smallest, else nowhere: more bits gain nothing by it
  kl    ///< below 5 bits where the release does (spec A6, a tensor's histogram), else nowhere
};
inline constexpr EnumNames<WeightRule, 3> weight_rule_names({{WeightRule::max, "max"}, {WeightRule::mse, "mse"}, {WeightRule::kl, "kl"}});

/// Where a layer's inputs are clipped, by the calibration images.
enum class ActivationRule {
  max,         ///< nowhere
  mse,         ///< below 8 bits where their squared error is smallest, else nowhere: 8 bits gain nothing by it
  percentile,  ///< below 8 bits above 99.99 % of them, else nowhere
  kl           ///< below 5 bits where the release does (spec A6), else nowhere
};
inline constexpr EnumNames<ActivationRule, 4> activation_rule_names(
    {{ActivationRule::max, "max"}, {ActivationRule::mse, "mse"}, {ActivationRule::percentile, "percentile"}, {ActivationRule::kl, "kl"}});

/// The default is the paper's.
struct RangeRules {
  WeightScales weight_scales = WeightScales::per_tensor;
  WeightRule weights = WeightRule::kl;
  ActivationRule activations = ActivationRule::kl;
  bool are_powers_of_two = false;  ///< ranges of inputs are the next power of two, as some devices demand

  bool operator==(RangeRules const&) const = default;
  /// "per_channel max, activations max", as labels' identities name it.
  std::string text() const;
};

/// What new studies take (docs/quantiser.md).
inline constexpr RangeRules usual_range_rules{WeightScales::per_channel, WeightRule::mse, ActivationRule::mse, false};

/// The same with parts that may be left open.
struct RangeRequest {
  std::optional<WeightScales> weight_scales;
  std::optional<WeightRule> weights;
  std::optional<ActivationRule> activations;
  bool are_powers_of_two = false;

  /// Open parts are the fallback's. @throws Error(config) for weights by kl per channel: its histogram is a tensor's.
  RangeRules resolved(RangeRules const& fallback) const;
  bool is_open() const { return !weight_scales || !weights || !activations; }
};

}  // namespace apq::net
