#include "common/engine/evaluate.hpp"

#include <ATen/core/grad_mode.h>

namespace apq::engine {

EvaluationCounts evaluate(CompiledNet& net, LabelledBatches const& batches, Enough const& is_enough) {
  at::NoGradGuard const no_grad;
  EvaluationCounts counts;
  for (std::size_t i = 0; i < batches.images.size(); ++i) {
    auto const logits = net.logits(batches.images[i]);
    auto const& labels = batches.labels[i];
    auto const target = logits.gather(1, labels.unsqueeze(1));
    // Rank of the label's logit: how many are larger. A tie counts for the label's side by class order, as argmax does.
    auto const classes = at::arange(logits.size(1), labels.options());
    auto const earlier = classes.unsqueeze(0) < labels.unsqueeze(1);
    auto const rank = (logits > target).logical_or((logits == target).logical_and(earlier)).sum(1);
    counts.correct += static_cast<std::uint32_t>((rank == 0).sum().item<std::int64_t>());
    counts.correct5 += static_cast<std::uint32_t>((rank < 5).sum().item<std::int64_t>());
    counts.total += static_cast<std::uint32_t>(labels.size(0));
    counts.loss_sum += (at::logsumexp(logits.to(at::kDouble), {1}) - target.squeeze(1).to(at::kDouble)).sum().item<double>();
    if (is_enough && is_enough(counts)) break;
  }
  return counts;
}

}  // namespace apq::engine
