#include <limits>

#include <fmt/format.h>

#include "common/energy/nvml.hpp"
#include "common/energy/source.hpp"

namespace apq::energy {
namespace {

// Of one GPU: its counter, else its power times the time between two looks. Once it cannot be read the sum is not known any more.
class NvidiaGpu : public Device {
 public:
  NvidiaGpu(std::shared_ptr<Nvml> nvml, std::string const& gpu, Nvml::Handle handle)
      : nvml_(std::move(nvml)), name_("gpu " + gpu), handle_(handle), last_mj_(nvml_->energy_mj(handle)), counts_(last_mj_.has_value()) {}
  std::string name() const override { return name_; }
  double joules(Elapsed const& elapsed) override {
    double const passed = elapsed.wall_s - last_wall_s_;
    last_wall_s_ = elapsed.wall_s;
    if (counts_) {
      auto const now = nvml_->energy_mj(handle_);
      if (!now) return joules_ = std::numeric_limits<double>::quiet_NaN();
      // A driver that was loaded again counts from 0: too little is claimed rather than too much.
      if (*now >= *last_mj_) joules_ += static_cast<double>(*now - *last_mj_) * 1e-3;
      last_mj_ = now;
    } else {
      auto const power = nvml_->power_mw(handle_);
      joules_ += power ? *power * 1e-3 * passed : std::numeric_limits<double>::quiet_NaN();
    }
    return joules_;
  }

 private:
  std::shared_ptr<Nvml> nvml_;
  std::string name_;
  Nvml::Handle handle_;
  std::optional<std::uint64_t> last_mj_;
  bool counts_;
  double last_wall_s_ = 0, joules_ = 0;
};

// Why one of them cannot be metered; empty: all can.
std::string why_not(Nvml const& nvml, Holding const& holding) {
  for (auto const& gpu : holding.gpus) {
    auto const handle = nvml.find(gpu);
    if (!handle) return fmt::format("NVML knows no GPU {}", gpu);
    if (!nvml.energy_mj(*handle) && !nvml.power_mw(*handle)) return fmt::format("GPU {} tells neither energy nor power", gpu);
  }
  return {};
}

}  // namespace

SourceKind nvml_source() {
  return {.name = "nvml",
          .part = Part::gpus,
          .why_not = [](EnergyConfig const& c, Holding const& h) -> std::string {
            if (h.gpus.empty()) return "no GPU is held";
            std::string why;
            auto const nvml = Nvml::load(c.nvml, why);
            return nvml ? energy::why_not(*nvml, h) : why;
          },
          .devices =
              [](EnergyConfig const& c, Holding const& h) {
                std::vector<std::unique_ptr<Device>> devices;
                std::string why;
                auto const nvml = Nvml::load(c.nvml, why);
                if (!nvml) return devices;
                for (auto const& gpu : h.gpus)
                  if (auto const handle = nvml->find(gpu)) devices.push_back(std::make_unique<NvidiaGpu>(nvml, gpu, *handle));
                return devices;
              },
          .method = [](EnergyConfig const&) { return std::string("nvml, whole GPUs"); }};
}

}  // namespace apq::energy
