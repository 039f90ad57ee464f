#include "common/engine/onednn/value_bound.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/net/kl_threshold.hpp"

namespace apq::engine::onednn {

double clipped_bound(Epilogue const& epilogue, double bound) {
  if (!epilogue.lowest) return bound;
  return std::min(bound, std::max(std::abs(static_cast<double>(*epilogue.lowest)), static_cast<double>(*epilogue.highest)));
}

namespace {
bool are_finite(std::vector<float> const& values) {
  return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}
}  // namespace

void require_finite_norm(CodedLayer const& layer, Epilogue const& epilogue) {
  if (are_finite(epilogue.scales) && are_finite(epilogue.shifts)) return;
  throw Error(
      Errc::numeric,
      fmt::format("{}: its norm is not finite in float32 (products of these weights exceed it); another supernet is needed", layer.name));
}

ValueBound value_bound(CodedLayer const& layer, Epilogue const& epilogue, double input, double destination) {
  double sums = 0;
  for (std::size_t c = 0; c < layer.absolute_sums.size(); ++c) {
    double sum = layer.absolute_sums[c] * input;
    if (!epilogue.scales.empty())
      sum = sum * std::abs(static_cast<double>(epilogue.scales[c])) + std::abs(static_cast<double>(epilogue.shifts[c]));
    if (!std::isnan(sums) && !(sum <= sums)) sums = sum;  // a NaN stays
  }
  if (epilogue.adds_to_destination) sums += destination;
  ValueBound bound{sums, sums};
  if (epilogue.curve) {
    bound.output = std::max(bound.output, 1.0) * static_cast<double>(epilogue.unit);  // space::ActivationKind
    bound.sums = std::max(bound.sums, bound.output);
  }
  bound.output = clipped_bound(epilogue, bound.output);
  return bound;
}

ValueBound require_bounded(CodedLayer const& layer, Epilogue const& epilogue, double input, double destination) {
  require_finite_norm(layer, epilogue);
  auto const bound = value_bound(layer, epilogue, input, destination);
  if (bound.sums <= largest_sum) return bound;
  throw Error(Errc::numeric, fmt::format("{}: its sums of products can reach {:.1e} (inputs up to {:.1e}), more than this engine can tell "
                                         "from infinity; another supernet is needed",
                                         layer.name, bound.sums, input));
}

void require_small(float const* values, std::size_t count, std::string const& layer) {
  net::MagnitudeRange range;
  range.add(std::span(values, count));
  if (range.high <= largest_unseen) return;
  throw Error(Errc::numeric, fmt::format("{}: its inputs reach {} (they should stay below {:.0e}); another supernet is needed", layer,
                                         std::isnan(range.high) ? "nan" : fmt::format("{:.1e}", range.high), largest_unseen));
}

}  // namespace apq::engine::onednn
