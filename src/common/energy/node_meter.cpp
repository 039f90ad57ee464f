#include "common/energy/node_meter.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <numeric>

#include "common/energy/attribution.hpp"
#include "common/energy/processor_time.hpp"
#include "common/mpi/node_lock.hpp"

namespace apq::energy {

struct NodeAccount::State {
  std::uint32_t lock;
  std::uint32_t unused;
  Uses uses;
};

std::size_t NodeAccount::bytes(int num_ranks) { return sizeof(State) + static_cast<std::size_t>(num_ranks) * sizeof(Rank); }

NodeAccount::NodeAccount(std::span<std::uint8_t> memory, int num_ranks)
    : state_(reinterpret_cast<State*>(memory.data())),
      ranks_(reinterpret_cast<Rank*>(memory.data() + sizeof(State))),
      num_ranks_(num_ranks) {}

void NodeAccount::begin() {
  *state_ = {};
  std::fill(ranks_, ranks_ + num_ranks_, Rank{});
}

double NodeAccount::joules(int rank, double processor_s) {
  mpi::NodeLock const turn(state_->lock);
  auto& r = ranks_[rank];
  r.told_s = processor_s;
  return r.joules + std::max(0.0, processor_s - r.processor_s) * r.per_processor_s;
}

void NodeAccount::add(double Uses::*use, double joules) {
  mpi::NodeLock const turn(state_->lock);
  state_->uses.*use += joules;
}

Uses NodeAccount::uses() {
  mpi::NodeLock const turn(state_->lock);
  return state_->uses;
}

double NodeAccount::told_s(int rank) {
  mpi::NodeLock const turn(state_->lock);
  return ranks_[rank].told_s;
}

void NodeAccount::begin_rank(int rank, double processor_s, double per_processor_s) {
  mpi::NodeLock const turn(state_->lock);
  ranks_[rank] = {processor_s, 0, per_processor_s, processor_s};
}

void NodeAccount::settle(std::vector<double> const& processor_s, std::vector<double> const& joules, double per_processor_s) {
  mpi::NodeLock const turn(state_->lock);
  for (int r = 0; r < num_ranks_; ++r) {
    auto const i = static_cast<std::size_t>(r);
    ranks_[r].processor_s = processor_s[i];
    ranks_[r].joules = joules[i];
    ranks_[r].per_processor_s = per_processor_s;
  }
}

NodeMeter::NodeMeter(EnergyConfig const& config, std::vector<std::unique_ptr<Device>> devices, std::vector<Process> processes, int num_gpus,
                     NodeAccount account)
    : config_(config), devices_(std::move(devices)), processes_(std::move(processes)), num_gpus_(num_gpus), account_(account) {
  start_ = now();
  processor_begin_.assign(processes_.size(), 0);
  processor_begin_ = processor_s_ = processor_times();
  rank_joules_.assign(processes_.size(), 0);
  for (auto const& device : devices_) seen_[device->name()] = device->joules(elapsed_), own_[device->name()] = 0;
  if (auto const time = node_time(config_.stat)) node_busy_s_ = time->busy_s, knows_busy_ = true;
  // Until the first look a rank's energy is at the rate of what is declared; of counters nothing is known yet.
  double const rate = devices_.size() == 1 && devices_.front()->name() == "cores" ? config_.watts_per_core : 0.0;
  for (std::size_t r = 0; r < processes_.size(); ++r) account_.begin_rank(static_cast<int>(r), processor_s_[r], rate);
}

double NodeMeter::now() const { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::vector<double> NodeMeter::processor_times() {
  std::vector<double> times;
  for (std::size_t r = 0; r < processes_.size(); ++r) {
    auto const seen = processes_[r].is_visible ? processor_seconds(processes_[r].id) : std::optional(account_.told_s(static_cast<int>(r)));
    auto const before = processor_s_.empty() ? 0.0 : processor_s_[r];
    times.push_back(std::max(before, seen.value_or(before)));  // one that ended took what it took
  }
  return times;
}

void NodeMeter::look() {
  auto const times = processor_times();
  Interval interval;
  auto const wall = now() - start_;
  interval.wall_s = wall - elapsed_.wall_s;
  for (std::size_t r = 0; r < times.size(); ++r) interval.processor_s.push_back(times[r] - processor_s_[r]);
  auto const processors = std::accumulate(interval.processor_s.begin(), interval.processor_s.end(), 0.0);
  elapsed_.wall_s = wall;
  elapsed_.processor_s += processors;
  if (auto const time = node_time(config_.stat)) {
    interval.processors = time->processors;
    if (knows_busy_) interval.busy_s = std::max(0.0, time->busy_s - node_busy_s_);
    node_busy_s_ = time->busy_s;
    knows_busy_ = true;
  }
  std::map<std::string, double> used;
  for (auto const& device : devices_) {
    auto& seen = seen_[device->name()];
    auto const reading = device->joules(elapsed_);
    used[device->name()] = reading - seen;
    seen = reading;
    (device->is_of_the_node() ? interval.node_joules : interval.own_joules) += used[device->name()];
  }
  auto const shares = attributed(interval, config_.node_use);
  for (auto const& device : devices_) {
    auto const joules = used[device->name()];
    own_[device->name()] += device->is_of_the_node() && joules != 0 ? joules * shares.node_part : joules;
  }
  idle_ += shares.idle;
  if (processors > 0) {
    for (std::size_t r = 0; r < times.size(); ++r) rank_joules_[r] += shares.to_ranks[r];
  } else {
    carried_ += shares.total - shares.idle;
  }
  processor_s_ = times;
  account_.settle(times, rank_joules_, shares.per_processor_s);
}

double NodeMeter::joules() const {
  return std::accumulate(own_.begin(), own_.end(), 0.0, [](double sum, auto const& device) { return sum + device.second; });
}

Beat NodeMeter::take(bool rows_claim, std::string const& ended, bool repeats) {
  Beat beat;
  beat.wall_s = elapsed_.wall_s - taken_.wall_s;
  beat.processor_s = elapsed_.processor_s - taken_.processor_s;
  beat.gpu_s = num_gpus_ * beat.wall_s;
  for (auto const& [name, joules] : own_) {
    beat.devices[name] = joules - taken_own_[name];
    taken_own_[name] = joules;
  }
  auto uses = account_.uses();
  uses.idle = idle_ + carried_;
  if (!ended.empty()) {
    auto const rest = joules() - uses.useful - uses.repeated - uses.lost - uses.idle;
    // What went into a checkpoint is known at the rate of the last look, and may be a little more than there was.
    auto& made = repeats ? uses.repeated : uses.useful;
    (rows_claim ? uses.idle : ended == ended_names(Ended::whole) || rest < 0 ? made : uses.lost) += rest;
  }
  beat.uses = {uses.useful - taken_uses_.useful, uses.repeated - taken_uses_.repeated, uses.lost - taken_uses_.lost,
               uses.idle - taken_uses_.idle};
  beat.ended = ended;
  taken_ = elapsed_;
  taken_uses_ = uses;
  return beat;
}

}  // namespace apq::energy
