#include "common/energy/meter.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <limits>
#include <mutex>

#include <fmt/format.h>

#include "common/core/log.hpp"
#include "common/energy/source.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::energy {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr double joules_per_kwh = 3.6e6;

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

class Unknown : public Source {
 public:
  double joules(Elapsed const&) override { return unknown; }
};

struct Metered {
  std::unique_ptr<Source> source;
  std::string method;
};

// The kind that the configuration names for this part, else the first that every rank can read. Collective.
Metered choose(mpi::Communicator const& comm, Part part, EnergyConfig const& config, Holding const& holding) {
  std::vector<SourceKind const*> kinds;
  for (auto const& kind : source_kinds())
    if (kind.part == part) kinds.push_back(&kind);
  std::vector<std::uint64_t> without;  // ranks that cannot read each
  for (auto const* kind : kinds) without.push_back(kind->is_available(config, holding) ? 0 : 1);
  mpi::allreduce_sum(comm, std::span(without));
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    if (kinds[k]->name != config.source) continue;
    if (without[k] == 0) return {kinds[k]->make(config, holding), kinds[k]->method(config)};
    log::root().warn("energy.source = {}, but it cannot be read on every node: energy will be unknown; {}, or set energy.source=declared",
                     config.source, kinds[k]->remedy);
    return {std::make_unique<Unknown>(), fmt::format("unknown: {} asked for, not readable", config.source)};
  }
  std::size_t first = 0;
  while (without[first] != 0) ++first;  // the last is always there
  return {kinds[first]->make(config, holding), kinds[first]->method(config)};
}

}  // namespace

struct StageMeter::State {
  mpi::Communicator const& comm;
  EnergyConfig config;
  std::string stage;
  int gpus;
  Metered processors = {}, gpu = {};
  Clock::time_point start = {};
  double processor_start = 0;

  Elapsed elapsed() const { return {std::chrono::duration<double>(Clock::now() - start).count(), processor_seconds() - processor_start}; }
  std::mutex reading = {};  // what a source has read is its state

  double joules(Elapsed const& elapsed) {
    std::scoped_lock const lock(reading);
    return processors.source->joules(elapsed) + (gpus > 0 ? gpu.source->joules(elapsed) : 0.0);
  }
};

StageMeter::StageMeter(mpi::Communicator const& comm, EnergyConfig const& config, std::string stage, int gpus)
    : state_(new State{comm, config, std::move(stage), gpus}) {
  Holding const holding{comm.node().size(), gpus};
  mpi::barrier(comm);
  state_->processors = choose(comm, Part::processors, config, holding);
  state_->gpu = choose(comm, Part::gpus, config, holding);
  state_->start = Clock::now();
  state_->processor_start = processor_seconds();
}

StageMeter::~StageMeter() = default;

double StageMeter::joules() const { return state_->joules(state_->elapsed()); }

StageCost StageMeter::finish(std::filesystem::path const& ledger, Ended how) {
  auto& s = *state_;
  auto const elapsed = s.elapsed();
  std::array<double, 3> sums{elapsed.processor_s, s.gpus * elapsed.wall_s, s.joules(elapsed)};
  mpi::allreduce_sum(s.comm, std::span<double>(sums));
  StageCost run;
  run.stage = s.stage;
  run.wall_s = mpi::allreduce_max(s.comm, elapsed.wall_s);
  run.core_h = sums[0] / 3600;
  run.gpu_h = sums[1] / 3600;
  run.kwh = sums[2] * s.config.pue / joules_per_kwh;
  run.gco2e = run.kwh * s.config.grid_gco2e_per_kwh;
  run.method = s.processors.method + (run.gpu_h > 0 ? " + " + s.gpu.method : "");
  run.pue = s.config.pue;
  run.grid_gco2e_per_kwh = s.config.grid_gco2e_per_kwh;
  run.grid_source = s.config.grid_source;
  run.runs = 1;
  run.ended_early = how == Ended::early ? 1 : 0;
  run.ranks = s.comm.size();

  StageCost total = run;
  mpi::collectively(s.comm, [&] {
    if (s.comm.is_root()) total = add_run(ledger, run);
  });
  std::array<double, 7> const figures{total.wall_s,
                                      total.core_h,
                                      total.gpu_h,
                                      total.kwh,
                                      total.gco2e,
                                      static_cast<double>(total.runs),
                                      static_cast<double>(total.ended_early)};
  auto const shared = mpi::broadcast(s.comm, std::vector<double>(figures.begin(), figures.end()));
  total.wall_s = shared[0];
  total.core_h = shared[1];
  total.gpu_h = shared[2];
  total.kwh = shared[3];
  total.gco2e = shared[4];
  total.runs = static_cast<std::uint64_t>(shared[5]);
  total.ended_early = static_cast<std::uint64_t>(shared[6]);
  total.method = mpi::broadcast(s.comm, std::move(total.method));
  total.grid_source = mpi::broadcast(s.comm, std::move(total.grid_source));
  return total;
}

}  // namespace apq::energy
