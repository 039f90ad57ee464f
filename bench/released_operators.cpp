#include "released_operators.hpp"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace apq::bench {
namespace {

constexpr std::int64_t batch_size = 32;

at::Tensor quantised_input(net::LayerQuantisation const& q, at::Tensor const& x) {
  if (q.activation_bits <= 0 || !(q.activation_range > 0)) return x;
  double const r = q.activation_range, step = r / static_cast<double>((1L << q.activation_bits) - 1);
  auto const clipped = q.is_signed ? ((x + r).abs() - (x - r).abs()) * 0.5 : (x.abs() - (x - r).abs() + r) * 0.5;
  return (clipped / step).round() * step;
}

at::Tensor quantised_weight(net::LayerQuantisation const& q, at::Tensor const& w) {
  if (q.weight_bits <= 0) return w;
  double const range = q.weight_ranges.empty() ? w.abs().max().item<double>() : q.weight_ranges.front();
  double const step = range / static_cast<double>((1L << (q.weight_bits - 1)) - 1);
  return (w.clamp(-range, range) / step).round() * step;
}

struct Hooks {
  bool quantise = false;
  engine::Engine::InputObserver const* on_input = nullptr;
  engine::Engine::StatisticsObserver const* on_statistics = nullptr;  // then batches are normalised by their own
};

at::Tensor forward(net::SubnetNet const& net, at::Tensor const& images, Hooks const& hooks) {
  auto x = images.contiguous();
  std::size_t layer = 0;
  for (auto const& block : net.blocks) {
    auto const shortcut = x;
    for (auto const& unit : block.convs) {
      if (hooks.on_input != nullptr) (*hooks.on_input)(layer, x);
      auto const& q = unit.quantisation;
      auto const input = hooks.quantise ? quantised_input(q, x) : x;
      auto const weight = (hooks.quantise ? quantised_weight(q, unit.weight) : unit.weight).contiguous();
      auto const sums = at::conv2d(input, weight, {}, unit.stride, weight.size(2) / 2, 1, unit.groups);
      auto const& norm = *unit.norm;
      if (hooks.on_statistics != nullptr) {
        auto const mean = sums.mean({0, 2, 3}), variance = sums.var({0, 2, 3}, false);
        (*hooks.on_statistics)(layer, static_cast<double>(images.size(0)), mean, variance);
        x = at::batch_norm(sums, norm.weight, norm.bias, mean, variance, false, 0, norm.epsilon, false);
      } else {
        x = at::batch_norm(sums, norm.weight, norm.bias, norm.running_mean, norm.running_var, false, 0, norm.epsilon, false);
      }
      if (unit.activation) x = at::hardtanh(x, 0, 6);
      ++layer;
    }
    if (block.has_shortcut) x = x + shortcut;
  }
  x = x.mean(3).mean(2);
  if (hooks.on_input != nullptr) (*hooks.on_input)(layer, x);
  auto const& q = net.classifier_quantisation;
  return at::linear(hooks.quantise ? quantised_input(q, x) : x,
                    hooks.quantise ? quantised_weight(q, net.classifier_weight) : net.classifier_weight, net.classifier_bias);
}

class Compiled : public engine::CompiledNet {
 public:
  explicit Compiled(net::SubnetNet net) : net_(std::move(net)) {}
  at::Tensor logits(at::Tensor const& images) override {
    at::NoGradGuard const no_grad;
    std::vector<at::Tensor> parts;
    for (std::int64_t first = 0; first < images.size(0); first += batch_size)
      parts.push_back(forward(net_, images.slice(0, first, std::min(first + batch_size, images.size(0))), {.quantise = net_.is_quantised}));
    return at::cat(parts);
  }

 private:
  net::SubnetNet net_;
};

class ReleasedOperators : public engine::Engine {
 public:
  std::string name() const override { return "the released code's operators"; }
  void observe_inputs(net::SubnetNet const& net, at::Tensor const& images, InputObserver const& observe) const override {
    at::NoGradGuard const no_grad;
    forward(net, images, {.on_input = &observe});
  }
  void observe_statistics(net::SubnetNet const& net, engine::Batches batches, bool quantise,
                          StatisticsObserver const& observe) const override {
    at::NoGradGuard const no_grad;
    for (std::size_t i = 0; i < batches.size(); ++i) forward(net, batches[i], {.quantise = quantise, .on_statistics = &observe});
  }
  std::unique_ptr<engine::CompiledNet> compile(net::SubnetNet const& net) const override { return std::make_unique<Compiled>(net); }
};

}  // namespace

bool knows(net::SubnetNet const& net) {
  return std::ranges::all_of(net.blocks, [](net::BlockUnit const& block) {
    return !block.is_after_pooling && std::ranges::all_of(block.convs, [](net::ConvUnit const& unit) {
      return unit.norm && !unit.squeeze_excite && unit.activation.value_or(space::Activation::relu6) == space::Activation::relu6;
    });
  });
}

std::unique_ptr<engine::Engine> make_released_operators() { return std::make_unique<ReleasedOperators>(); }

}  // namespace apq::bench
