#include "common/engine/evaluate.hpp"

#include <cmath>

#include <fmt/format.h>

#include <ATen/core/grad_mode.h>

#include "common/core/error.hpp"

namespace apq::engine {
namespace {

[[noreturn]] void refuse(at::Tensor const& logits, std::size_t first_image) {
  auto const place = at::isfinite(logits).logical_not_().nonzero()[0];
  auto const image = place[0].item<std::int64_t>(), c = place[1].item<std::int64_t>();
  auto const value = logits[image][c].item<double>();
  throw Error(Errc::numeric,
              fmt::format("the logit of class {} on image {} is {} (products of these weights exceed float32, or no number came in); "
                          "another supernet is needed",
                          c, first_image + static_cast<std::size_t>(image), std::isnan(value) ? "nan" : fmt::format("{}", value)));
}

}  // namespace

EvaluationCounts evaluate(CompiledNet& net, LabelledBatches const& batches, Enough const& is_enough) {
  at::NoGradGuard const no_grad;
  EvaluationCounts counts;
  for (std::size_t i = 0; i < batches.images.size(); ++i) {
    auto const logits = net.logits(batches.images[i]);
    auto const precise = logits.to(at::kDouble);
    // Nothing is larger than a NaN, so that its image would be a hit. Finite floats cannot overflow a sum of doubles: one look at
    // it tells of all logits, and of an infinity, which a loss need not show.
    if (!std::isfinite(precise.sum().item<double>())) refuse(logits, counts.total);
    auto const& labels = batches.labels[i];
    auto const target = logits.gather(1, labels.unsqueeze(1));
    // Rank of the label's logit: how many are larger. A tie counts for the label's side by class order, as argmax does.
    auto const classes = at::arange(logits.size(1), labels.options());
    auto const earlier = classes.unsqueeze(0) < labels.unsqueeze(1);
    auto const rank = (logits > target).logical_or((logits == target).logical_and(earlier)).sum(1);
    counts.correct += static_cast<std::uint32_t>((rank == 0).sum().item<std::int64_t>());
    counts.correct5 += static_cast<std::uint32_t>((rank < 5).sum().item<std::int64_t>());
    counts.total += static_cast<std::uint32_t>(labels.size(0));
    counts.loss_sum += (at::logsumexp(precise, {1}) - target.squeeze(1).to(at::kDouble)).sum().item<double>();
    if (is_enough && is_enough(counts)) break;
  }
  return counts;
}

}  // namespace apq::engine
