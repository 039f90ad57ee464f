#include "common/energy/meter.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <sys/resource.h>

#include "common/core/log.hpp"
#include "common/energy/rapl.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::energy {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr double joules_per_kwh = 3.6e6;
// A 32-bit counter of a 500 W package wraps after about 9 minutes.
constexpr auto poll_interval = std::chrono::seconds(20);

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto const seconds = [](timeval const& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// A counter that a thread of its own keeps from wrapping unseen.
class PolledCounter {
 public:
  explicit PolledCounter(std::vector<RaplPackage> packages) : counter_(std::move(packages)), thread_([this] { poll(); }) {}
  ~PolledCounter() {
    {
      std::scoped_lock lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  double joules() {
    std::scoped_lock lock(mutex_);
    counter_.update();
    return counter_.is_complete() ? counter_.joules() : unknown;
  }

 private:
  void poll() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, poll_interval, [this] { return stop_; })) counter_.update();
  }
  RaplCounter counter_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

enum class Source { rapl, declared, none };

Source choose(std::string const& wanted, bool rapl_everywhere) {
  if (wanted == "declared") return Source::declared;
  if (rapl_everywhere) return Source::rapl;
  return wanted == "rapl" ? Source::none : Source::declared;
}

std::string describe(Source source, EnergyConfig const& config, double gpu_h) {
  auto const gpus = gpu_h > 0 ? fmt::format(" + declared {:g} W per GPU", config.watts_per_gpu) : std::string();
  switch (source) {
    case Source::rapl:
      return "rapl package counters, whole nodes, without memory" + gpus;
    case Source::declared:
      return fmt::format("declared {:g} W per busy core", config.watts_per_core) + gpus;
    case Source::none:
      return "unknown: rapl asked for, counters not readable";
  }
  return {};
}

}  // namespace

struct StageMeter::State {
  mpi::Communicator const& comm;
  EnergyConfig config;
  std::string stage;
  int gpus, node_ranks;
  bool is_node_leader;
  Source source;
  std::optional<PolledCounter> counter;  // on every rank that asks for its share; only the leader's is summed
  Clock::time_point start;
  double processor_start;
};

StageMeter::StageMeter(mpi::Communicator const& comm, EnergyConfig const& config, std::string stage, int gpus) {
  auto const node = comm.node();
  auto packages = config.source == "declared" ? std::vector<RaplPackage>{} : find_rapl_packages(config.powercap);
  std::array<double, 1> without{packages.empty() ? 1.0 : 0.0};
  mpi::allreduce_sum(comm, std::span<double>(without));
  auto const source = choose(config.source, without[0] == 0);
  if (source == Source::none)
    log::root().warn(
        "energy.source = rapl, but {} is not readable on every node: energy will be unknown; allow "
        "reading "
        "energy_uj or set energy.source=declared",
        config.powercap.string());
  state_.reset(new State{comm, config, std::move(stage), gpus, node.size(), node.is_root(), source, std::nullopt, {}, 0});
  mpi::barrier(comm);
  if (source == Source::rapl) state_->counter.emplace(std::move(packages));
  state_->start = Clock::now();
  state_->processor_start = processor_seconds();
}

StageMeter::~StageMeter() = default;

double StageMeter::joules_of(double busy_seconds) const {
  auto& s = *state_;
  double const gpu = s.config.watts_per_gpu * s.gpus * busy_seconds;
  if (s.source == Source::none) return unknown;
  if (s.source == Source::declared) return s.config.watts_per_core * busy_seconds + gpu;
  double const elapsed = seconds_since(s.start);
  return elapsed > 0 ? s.counter->joules() / elapsed / s.node_ranks * busy_seconds + gpu : unknown;
}

StageCost StageMeter::finish(std::filesystem::path const& ledger) {
  auto& s = *state_;
  double const wall = seconds_since(s.start);
  double const busy = processor_seconds() - s.processor_start;
  double const counted = s.counter && s.is_node_leader ? s.counter->joules() : 0.0;
  std::array<double, 3> sums{busy, s.gpus * wall, counted};
  mpi::allreduce_sum(s.comm, std::span<double>(sums));
  StageCost run;
  run.stage = s.stage;
  run.wall_s = mpi::allreduce_max(s.comm, wall);
  run.core_h = sums[0] / 3600;
  run.gpu_h = sums[1] / 3600;
  double joules = s.source == Source::rapl ? sums[2] : s.config.watts_per_core * sums[0];
  joules += s.config.watts_per_gpu * sums[1];
  if (s.source == Source::none) joules = unknown;
  run.kwh = joules * s.config.pue / joules_per_kwh;
  run.gco2e = run.kwh * s.config.grid_gco2e_per_kwh;
  run.method = describe(s.source, s.config, run.gpu_h);
  run.pue = s.config.pue;
  run.grid_gco2e_per_kwh = s.config.grid_gco2e_per_kwh;
  run.grid_source = s.config.grid_source;
  run.runs = 1;
  run.ranks = s.comm.size();

  StageCost total = run;
  mpi::collectively(s.comm, [&] {
    if (s.comm.is_root()) total = add_run(ledger, run);
  });
  std::array<double, 6> const figures{total.wall_s, total.core_h, total.gpu_h, total.kwh, total.gco2e, static_cast<double>(total.runs)};
  auto const shared = mpi::broadcast(s.comm, std::vector<double>(figures.begin(), figures.end()));
  total.wall_s = shared[0];
  total.core_h = shared[1];
  total.gpu_h = shared[2];
  total.kwh = shared[3];
  total.gco2e = shared[4];
  total.runs = static_cast<std::uint64_t>(shared[5]);
  total.method = mpi::broadcast(s.comm, std::move(total.method));
  total.grid_source = mpi::broadcast(s.comm, std::move(total.grid_source));
  return total;
}

}  // namespace apq::energy
