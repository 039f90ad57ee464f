#include <fmt/format.h>

#include "common/energy/source.hpp"

namespace apq::energy {
namespace {

class DeclaredProcessors : public Device {
 public:
  explicit DeclaredProcessors(double watts) : watts_(watts) {}
  std::string name() const override { return "cores"; }
  double joules(Elapsed const& elapsed) override { return watts_ * elapsed.processor_s; }

 private:
  double watts_;
};

// A GPU that is held is taken as busy.
class DeclaredGpu : public Device {
 public:
  DeclaredGpu(std::string name, double watts) : name_(std::move(name)), watts_(watts) {}
  std::string name() const override { return name_; }
  double joules(Elapsed const& elapsed) override { return watts_ * elapsed.wall_s; }

 private:
  std::string name_;
  double watts_;
};

std::string always(EnergyConfig const&, Holding const&) { return {}; }

}  // namespace

SourceKind declared_processors() {
  return {.name = "declared",
          .part = Part::processors,
          .why_not = always,
          .devices =
              [](EnergyConfig const& c, Holding const&) {
                std::vector<std::unique_ptr<Device>> devices;
                devices.push_back(std::make_unique<DeclaredProcessors>(c.watts_per_core));
                return devices;
              },
          .method = [](EnergyConfig const& c) { return fmt::format("declared {:g} W per busy core", c.watts_per_core); }};
}

SourceKind declared_gpus() {
  return {.name = "declared",
          .part = Part::gpus,
          .why_not = always,
          .devices =
              [](EnergyConfig const& c, Holding const& h) {
                std::vector<std::unique_ptr<Device>> devices;
                for (auto const& gpu : h.gpus) devices.push_back(std::make_unique<DeclaredGpu>("gpu " + gpu, c.watts_per_gpu));
                return devices;
              },
          .method = [](EnergyConfig const& c) { return fmt::format("declared {:g} W per GPU", c.watts_per_gpu); }};
}

}  // namespace apq::energy
