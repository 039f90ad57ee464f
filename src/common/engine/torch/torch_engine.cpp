#include <fmt/format.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/version.h>

#include "common/core/error.hpp"
#include "common/engine/engine.hpp"
#include "common/net/reference_forward.hpp"

namespace apq::engine {
namespace {

/// The same network with its tensors on `device`.
net::SubnetNet moved(net::SubnetNet net, at::Device device) {
  if (device.is_cpu()) return net;
  auto const move = [&](at::Tensor& tensor) { tensor = tensor.to(device); };
  for (auto const& layer : net::layers_of(net)) {
    move(*layer.weight);
    if (layer.norm == nullptr) continue;
    for (auto* const tensor : {&layer.norm->weight, &layer.norm->bias, &layer.norm->running_mean, &layer.norm->running_var}) move(*tensor);
  }
  for (auto& block : net.blocks)
    for (auto& unit : block.convs) {
      if (unit.bias.defined()) move(unit.bias);
      if (!unit.squeeze_excite) continue;
      move(unit.squeeze_excite->reduce.bias);
      move(unit.squeeze_excite->expand.bias);
    }
  move(net.classifier_bias);
  return net;
}

class TorchNet : public CompiledNet {
 public:
  TorchNet(net::SubnetNet const& net, at::Device device) : device_(device), net_(moved(net, device)) {
    net::freeze_weights(net_);
    // Where products are cheap a norm of its own costs another pass over memory; the reference keeps it.
    if (!device.is_cpu()) net::fold_norms(net_);
  }
  at::Tensor logits(at::Tensor const& images) override {
    at::NoGradGuard const no_grad;
    return net::reference_forward(net_, images.to(device_), {.quantise = net_.is_quantised}).to(at::kCPU);
  }

 private:
  at::Device device_;
  net::SubnetNet net_;
};

class TorchEngine : public Engine {
 public:
  explicit TorchEngine(at::Device device) : device_(device) {}
  at::Device device() const override { return device_; }
  std::string name() const override { return fmt::format("{} (LibTorch {})", device_.is_cpu() ? "reference" : "cuda", TORCH_VERSION); }

  void observe_inputs(net::SubnetNet const& net, at::Tensor const& images, InputObserver const& observe) const override {
    at::NoGradGuard const no_grad;
    net::reference_forward(moved(net, device_), images.to(device_), {.on_input = observe});
  }

  void observe_statistics(net::SubnetNet const& given, Batches batches, bool quantise, StatisticsObserver const& observe) const override {
    at::NoGradGuard const no_grad;
    auto net = moved(given, device_);
    if (quantise) net::freeze_weights(net);
    for (std::size_t batch = 0; batch < batches.size(); ++batch) {
      auto const images = batches[batch].to(device_);
      auto const count = static_cast<double>(images.size(0));
      net::reference_forward(net, images,
                             {.norm = net::NormMode::batch,
                              .quantise = quantise,
                              .on_statistics = [&](std::size_t layer, at::Tensor const& mean, at::Tensor const& variance) {
                                observe(layer, count, mean.to(at::kCPU), variance.to(at::kCPU));
                              }});
    }
  }

  std::unique_ptr<CompiledNet> compile(net::SubnetNet const& net) const override { return std::make_unique<TorchNet>(net, device_); }

 private:
  at::Device device_;
};

}  // namespace

std::unique_ptr<Engine> make_reference_engine() { return std::make_unique<TorchEngine>(at::kCPU); }

std::unique_ptr<Engine> make_cuda_engine(int node_rank) {
  if (!at::hasCUDA() || at::getNumGPUs() == 0)
    throw Error(Errc::config, "evaluator.engine: cuda cannot be used, this LibTorch finds no GPU; use auto");
  return std::make_unique<TorchEngine>(at::Device(at::kCUDA, static_cast<at::DeviceIndex>(node_rank % static_cast<int>(at::getNumGPUs()))));
}

}  // namespace apq::engine
