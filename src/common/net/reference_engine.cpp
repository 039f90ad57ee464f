#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/version.h>

#include "common/net/engine.hpp"
#include "common/net/forward.hpp"

namespace apq::net {
namespace {

class ReferenceNet : public CompiledNet {
 public:
  explicit ReferenceNet(SubnetNet net) : net_(std::move(net)) { freeze_weights(net_); }
  at::Tensor logits(at::Tensor const& images) override {
    at::NoGradGuard const no_grad;
    return forward(net_, images, {.quantise = net_.is_quantised});
  }

 private:
  SubnetNet net_;
};

class ReferenceEngine : public Engine {
 public:
  std::string name() const override { return fmt::format("reference (LibTorch {})", TORCH_VERSION); }

  void observe_inputs(SubnetNet const& net, at::Tensor const& images, InputObserver const& observe) const override {
    at::NoGradGuard const no_grad;
    forward(net, images, {.on_input = observe});
  }

  void observe_statistics(SubnetNet const& given, Batches batches, bool quantise, StatisticsObserver const& observe) const override {
    at::NoGradGuard const no_grad;
    SubnetNet net = given;
    if (quantise) freeze_weights(net);
    for (std::size_t batch = 0; batch < batches.size(); ++batch) {
      auto const images = batches[batch];
      auto const count = static_cast<double>(images.size(0));
      forward(net, images, {.norm = NormMode::batch, .quantise = quantise,
                            .on_statistics = [&](std::size_t layer, at::Tensor const& mean, at::Tensor const& variance) {
                              observe(layer, count, mean, variance);
                            }});
    }
  }

  std::unique_ptr<CompiledNet> compile(SubnetNet const& net) const override { return std::make_unique<ReferenceNet>(net); }
};

}  // namespace

std::unique_ptr<Engine> make_reference_engine() { return std::make_unique<ReferenceEngine>(); }

}  // namespace apq::net
