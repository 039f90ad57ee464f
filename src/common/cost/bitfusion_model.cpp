#include <fmt/format.h>

#include "common/cost/back_ends.hpp"
#include "common/cost/bitfusion.hpp"

namespace apq::cost {
namespace {

class BitFusionModel : public BackEnd {
 public:
  explicit BitFusionModel(Hardware hardware) : model_(std::move(hardware)) {}

  std::optional<LayerCost> cost_of(Layer const& layer) override {
    auto const run = model_.run(layer.shape, layer.bits);
    return LayerCost{latency_ms(run, model_.hardware()), energy_nj(run, model_.hardware()) * 1e-6};
  }
  std::string name() const override { return "analytic model of " + model_.hardware().name; }
  std::string identity() const override { return identity_of(model_.hardware()); }

 private:
  BitFusion model_;
};

}  // namespace

std::unique_ptr<BackEnd> make_bitfusion_model(Config& config) { return std::make_unique<BitFusionModel>(read_hardware(config)); }

}  // namespace apq::cost
