#include <limits>

#include <fmt/format.h>

#include "common/energy/rapl.hpp"
#include "common/energy/source.hpp"

namespace apq::energy {
namespace {

// A package's counter. It wraps after some minutes at full load and is read far more often.
class Package : public Device {
 public:
  explicit Package(RaplPackage const& package) : name_(package.name), counter_({package}) {}
  std::string name() const override { return name_; }
  double joules(Elapsed const& elapsed) override {
    counter_.update(elapsed.wall_s);
    return counter_.is_complete() ? counter_.joules() : std::numeric_limits<double>::quiet_NaN();
  }
  bool is_of_the_node() const override { return true; }

 private:
  std::string name_;
  RaplCounter counter_;
};

}  // namespace

SourceKind rapl_source() {
  return {.name = "rapl",
          .part = Part::processors,
          .why_not = [](EnergyConfig const& c, Holding const&) { return why_no_rapl(c.powercap); },
          .devices =
              [](EnergyConfig const& c, Holding const&) {
                std::vector<std::unique_ptr<Device>> devices;
                for (auto const& package : find_rapl_packages(c.powercap)) devices.push_back(std::make_unique<Package>(package));
                return devices;
              },
          .method =
              [](EnergyConfig const& c) {
                return fmt::format("rapl package counters, without memory, {}",
                                   c.node_use == NodeUse::exclusive ? "whole nodes" : "shared by processor time with others on the node");
              }};
}

}  // namespace apq::energy
