#include <fmt/format.h>

#include "common/energy/source.hpp"

namespace apq::energy {
namespace {

class DeclaredProcessors : public Source {
 public:
  explicit DeclaredProcessors(double watts) : watts_(watts) {}
  double joules(Elapsed const& elapsed) override { return watts_ * elapsed.processor_s; }

 private:
  double watts_;
};

// A GPU that is held is taken as busy.
class DeclaredGpus : public Source {
 public:
  explicit DeclaredGpus(double watts) : watts_(watts) {}
  double joules(Elapsed const& elapsed) override { return watts_ * elapsed.wall_s; }

 private:
  double watts_;
};

bool always(EnergyConfig const&, Holding const&) { return true; }

}  // namespace

SourceKind declared_processors() {
  return {.name = "declared",
          .part = Part::processors,
          .is_available = always,
          .make = [](EnergyConfig const& c, Holding const&) -> std::unique_ptr<Source> {
            return std::make_unique<DeclaredProcessors>(c.watts_per_core);
          },
          .method = [](EnergyConfig const& c) { return fmt::format("declared {:g} W per busy core", c.watts_per_core); },
          .remedy = {}};
}

SourceKind declared_gpus() {
  return {.name = "declared",
          .part = Part::gpus,
          .is_available = always,
          .make = [](EnergyConfig const& c, Holding const& h) -> std::unique_ptr<Source> {
            return std::make_unique<DeclaredGpus>(c.watts_per_gpu * h.gpus);
          },
          .method = [](EnergyConfig const& c) { return fmt::format("declared {:g} W per GPU", c.watts_per_gpu); },
          .remedy = {}};
}

}  // namespace apq::energy
