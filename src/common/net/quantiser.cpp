#include "common/net/quantiser.hpp"

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

class WeightQuantiser : public torch::autograd::Function<WeightQuantiser> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext*, at::Tensor const& w, double range, int64_t bits) {
    double const scale = range / static_cast<double>((1L << (bits - 1)) - 1);
    return w.clamp(-range, range).div_(scale).round_().mul_(scale);
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

at::Tensor quantise_weight(at::Tensor const& w, double range, int bits) { return WeightQuantiser::apply(w, range, bits); }

}  // namespace apq::net
