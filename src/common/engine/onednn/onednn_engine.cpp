#include "common/engine/onednn/onednn_engine.hpp"

#include "common/engine/onednn/compiled_net.hpp"
#include "common/engine/onednn/norm_statistics.hpp"

namespace apq::engine {
namespace {

class OneDnnEngine : public Engine {
 public:
  std::string name() const override { return onednn::library_name(); }

  void observe_inputs(net::SubnetNet const& net, at::Tensor const& images, InputObserver const& observe) const override {
    onednn::CompiledSubnet(net, false).run(images, observe);
  }
  void observe_statistics(net::SubnetNet const& net, Batches batches, bool quantise, StatisticsObserver const& observe) const override {
    onednn::observe_statistics(net, batches, quantise, observe);
  }
  std::unique_ptr<CompiledNet> compile(net::SubnetNet const& net) const override {
    return std::make_unique<onednn::CompiledSubnet>(net, net.is_quantised);
  }
};

}  // namespace

std::unique_ptr<Engine> make_onednn_engine() { return std::make_unique<OneDnnEngine>(); }

}  // namespace apq::engine
