#include "common/net/quantiser.hpp"

#include <ATen/core/grad_mode.h>
#include <torch/autograd.h>

namespace apq::net {
namespace {

double activation_levels(int bits) { return static_cast<double>((1L << bits) - 1); }

class ActivationQuantiser : public torch::autograd::Function<ActivationQuantiser> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, at::Tensor const& x, at::Tensor const& range, int64_t bits,
                            bool is_signed) {
    context->save_for_backward({x, range});
    context->saved_data["is_signed"] = is_signed;
    return quantise_activation(x, range.item<double>(), static_cast<int>(bits), is_signed);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    auto const saved = context->get_saved_variables();
    auto const& x = saved[0];
    auto const& range = saved[1];
    auto const& g = gradients[0];
    // The release clips with sums of |.|, whose derivative at a kink is one half: sign(0) = 0 gives just that.
    auto const above = (at::sign(x - range) + 1) / 2;
    bool const is_signed = context->saved_data["is_signed"].toBool();
    auto const below = is_signed ? (1 - at::sign(x + range)) / 2 : (1 - at::sign(x)) / 2;
    auto const inside = 1 - above - below;
    auto const range_gradient = is_signed ? (g * (above - below)).sum() : (g * above).sum();
    return {g * inside, range_gradient.reshape(range.sizes()), at::Tensor(), at::Tensor()};
  }
};

// A value of each output channel, to multiply weights with.
at::Tensor of_channels(std::vector<double> const& values, at::Tensor const& weights) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(weights.dim()), 1);
  shape[0] = -1;
  return at::tensor(values, at::kDouble).to(weights.options().requires_grad(false)).view(shape);
}

class WeightQuantiser : public torch::autograd::Function<WeightQuantiser> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext*, at::Tensor const& w, WeightRanges const& ranges, int64_t bits) {
    auto codes = weight_codes(w, ranges, static_cast<int>(bits));
    auto const steps = weight_steps(ranges, static_cast<int>(bits));
    return steps.size() == 1 ? codes.mul_(steps.front()) : codes.mul_(of_channels(steps, w));
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext*, torch::autograd::variable_list gradients) {
    return {gradients[0], at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor quantise_activation(at::Tensor const& x, double range, int bits, bool is_signed) {
  double const scale = range / activation_levels(bits);
  return x.clamp(is_signed ? -range : 0.0, range).div_(scale).round_().mul_(scale);
}

at::Tensor quantise_activation(at::Tensor const& x, at::Tensor const& range, int bits, bool is_signed) {
  return ActivationQuantiser::apply(x, range, bits, is_signed);
}

WeightRanges largest_weights(at::Tensor const& w, WeightScales scales) {
  auto const magnitudes = w.detach().abs();
  if (scales == WeightScales::per_tensor) return {magnitudes.max().item<double>()};
  auto const largest = std::get<0>(magnitudes.flatten(1).max(1)).to(at::kCPU, at::kDouble).contiguous();
  return {largest.data_ptr<double>(), largest.data_ptr<double>() + largest.numel()};
}

std::vector<double> weight_steps(WeightRanges const& ranges, int bits) {
  auto const levels = static_cast<double>((1L << (bits - 1)) - 1);
  std::vector<double> steps;
  for (double const range : ranges) steps.push_back(range > 0 ? range / levels : 1);
  return steps;
}

at::Tensor weight_codes(at::Tensor const& w, WeightRanges const& ranges, int bits) {
  at::NoGradGuard const no_grad;
  auto const steps = weight_steps(ranges, bits);
  if (ranges.size() == 1) return w.detach().clamp(-ranges.front(), ranges.front()).div_(steps.front()).round_();
  auto const limits = of_channels(ranges, w);
  return w.detach().clamp(-limits, limits).div_(of_channels(steps, w)).round_();
}

at::Tensor quantise_weight(at::Tensor const& w, WeightRanges const& ranges, int bits) { return WeightQuantiser::apply(w, ranges, bits); }

}  // namespace apq::net
