#include "common/energy/meter.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <limits>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/utc_time.hpp"
#include "common/energy/node_meter.hpp"
#include "common/energy/processor_time.hpp"
#include "common/mpi/collective_error.hpp"
#include "common/mpi/collectives.hpp"
#include "common/mpi/shared_array.hpp"

namespace apq::energy {
namespace {

constexpr double seconds_between_looks = 0.5;

// Of which nothing is known.
class Unknown : public Device {
 public:
  explicit Unknown(std::string name) : name_(std::move(name)) {}
  std::string name() const override { return name_; }
  double joules(Elapsed const&) override { return std::numeric_limits<double>::quiet_NaN(); }

 private:
  std::string name_;
};

struct Metered {
  std::vector<std::unique_ptr<Device>> devices;  // on the node's leader
  std::string method;
  bool holds_gpus = false;
};

// The kind that the configuration names for this part, else the first that can be read on every node that has something of the part.
// Collective over the job; `leads`: this rank is asked.
Metered choose(mpi::Communicator const& comm, bool leads, Part part, EnergyConfig const& config, Holding const& holding) {
  std::vector<SourceKind const*> kinds;
  for (auto const& kind : source_kinds())
    if (kind.part == part) kinds.push_back(&kind);
  bool const is_asked = leads && (part == Part::processors || !holding.gpus.empty());
  std::vector<std::uint64_t> without(kinds.size());  // nodes that cannot read each
  std::vector<std::string> why(kinds.size());
  mpi::collectively(comm, [&] {
    for (std::size_t k = 0; is_asked && k < kinds.size(); ++k) {
      why[k] = kinds[k]->why_not(config, holding);
      without[k] = why[k].empty() ? 0 : 1;
    }
  });
  mpi::allreduce_sum(comm, std::span(without));
  auto const made = [&](SourceKind const& kind) {
    Metered metered{{}, kind.method(config), kind.holds_gpus};
    mpi::collectively(comm, [&] {
      if (is_asked) metered.devices = kind.devices(config, holding);
    });
    return metered;
  };
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    if (kinds[k]->name != config.source) continue;
    if (without[k] == 0) return made(*kinds[k]);
    log::root().warn(
        "energy.source = {}, but it cannot be read on {} of the nodes: energy will be unknown ({}); mend that, or set "
        "energy.source=declared",
        config.source, without[k], why[k].empty() ? "the log of those ranks says why" : why[k]);
    Metered unknown{{}, fmt::format("unknown: {} asked for, not readable", config.source)};
    if (is_asked) unknown.devices.push_back(std::make_unique<Unknown>(part == Part::gpus ? "gpus" : "processors"));
    return unknown;
  }
  std::size_t first = 0;
  while (without[first] != 0) ++first;  // the last is always there
  return made(*kinds[first]);
}

// Names that any rank of the node gives, each once.
std::vector<std::string> of_node(mpi::Communicator const& node, std::vector<std::string> const& mine) {
  std::string text;
  for (auto const& name : mine) text += name + "\n";
  auto const all = mpi::allgather<char>(node, std::span<char const>(text.data(), text.size()));
  std::istringstream lines(std::string(all.begin(), all.end()));
  std::set<std::string> names;
  for (std::string line; std::getline(lines, line);) names.insert(line);
  return {names.begin(), names.end()};
}

// Signals are for the threads that work.
std::thread thread_without_signals(std::function<void()> const& body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(body);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

// The leader at work: its thread, and the journal.
class Leader {
 public:
  // `file` empty: no journal is written.
  Leader(NodeMeter meter, std::filesystem::path file, JournalHeader header, Beat named, bool rows_claim, double beat_seconds)
      : meter_(std::move(meter)),
        file_(std::move(file)),
        header_(std::move(header)),
        named_(std::move(named)),
        rows_claim_(rows_claim),
        beat_seconds_(beat_seconds),
        thread_(thread_without_signals([this] { run(); })) {}
  ~Leader() { stop(); }
  void stop() {
    {
      std::scoped_lock const lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }
  void look() {
    std::scoped_lock const lock(mutex_);
    meter_.look();
  }
  // After stop().
  void end(std::string const& how, bool if_begun, bool repeats) {
    if (if_begun && !journal_) return;
    meter_.look();
    write(how, repeats);
    journal_.reset();  // closed: other hosts see it
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    double pause = 0.02, written = 0;  // soon at first, so that rates are known early
    while (!wake_.wait_for(lock, std::chrono::duration<double>(pause), [this] { return stop_; })) {
      meter_.look();
      auto const since = meter_.wall_s() - written;
      bool const is_due = since >= beat_seconds_;
      pause = std::clamp(is_due ? beat_seconds_ : beat_seconds_ - since, 1e-3, std::min(2 * pause, seconds_between_looks));
      if (!is_due) continue;
      written = meter_.wall_s();
      try {
        write({});
        problem_.clear();
      } catch (std::exception const& e) {  // the thread has nobody to tell, and the next line holds this one's figures
        if (problem_.empty()) log::rank().warn("{}; what this job uses is not written down", e.what());
        problem_ = e.what();
      }
    }
  }
  void write(std::string const& ended, bool repeats = false) {
    auto beat = meter_.take(rows_claim_, ended, repeats);
    beat.run = named_.run;
    beat.stage = named_.stage;
    beat.method = named_.method;
    beat.at = utc_now();
    if (file_.empty()) return;
    unwritten_ = unwritten_ ? joined(*unwritten_, beat) : beat;
    if (!journal_) journal_.emplace(file_, header_);
    journal_->append(*unwritten_);
    unwritten_.reset();
  }

  NodeMeter meter_;
  std::filesystem::path const file_;
  JournalHeader const header_;
  std::optional<JournalWriter> journal_;  // from the first line on
  std::optional<Beat> unwritten_;         // what could not be written yet
  Beat const named_;
  bool const rows_claim_;
  double const beat_seconds_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::string problem_;
  std::thread thread_;
};

}  // namespace

struct StageMeter::State {
  State(mpi::Communicator const& the_comm, int gpus_of_node)
      : comm(the_comm),
        node(comm.node()),
        memory(node, NodeAccount::bytes(node.size())),
        account(memory.bytes(), node.size()),
        num_gpus(gpus_of_node) {}
  mpi::Communicator const& comm;
  mpi::Communicator const node;
  mpi::SharedArray const memory;
  NodeAccount account;
  int num_gpus;
  double claimed = 0;  // by claim_until_now
  bool repeats = false;
  std::optional<Leader> leader;
};

StageMeter::StageMeter(mpi::Communicator const& comm, EnergyConfig const& config, std::string stage, JobOfMeter const& job, Claims claims,
                       std::vector<std::string> const& gpus)
    : state_(new State(comm, 0)) {
  auto& s = *state_;
  bool const leads = s.node.is_root();
  Holding const holding{of_node(s.node, gpus)};
  s.num_gpus = static_cast<int>(holding.gpus.size());
  auto processors = choose(comm, leads, Part::processors, config, holding);
  auto gpu = processors.holds_gpus ? Metered{} : choose(comm, leads, Part::gpus, config, holding);
  if (leads) s.account.begin();
  s.memory.publish();
  s.account.joules(s.node.rank(), processor_seconds());  // tells the leader this rank's clock
  struct Mine {
    int process;
    std::uint64_t table;
  };
  Mine const mine{::getpid(), process_table()};
  auto const all = mpi::allgather<Mine>(s.node, std::span(&mine, 1));
  auto const run = mpi::broadcast(comm, fmt::format("{}-{:x}", stage, std::chrono::system_clock::now().time_since_epoch().count()));
  mpi::collectively(comm, [&] {
    if (!leads) return;
    auto devices = std::move(processors.devices);
    for (auto& device : gpu.devices) devices.push_back(std::move(device));
    std::vector<NodeMeter::Process> processes;
    for (auto const& one : all) processes.push_back({one.process, one.table == mine.table});
    std::filesystem::path file;
    JournalHeader header;
    if (!job.directory.empty()) {
      header = header_of_this_process();
      header.token = job.token;
      header.ranks = s.node.size();
      header.gpus = s.num_gpus;
      if (auto const time = node_time(config.stat)) header.processors = time->processors;
      header.pue = config.pue;
      header.grid_gco2e_per_kwh = config.grid_gco2e_per_kwh;
      header.grid_source = config.grid_source;
      header.country = config.country;
      make_directory(job.directory);
      if (::access(job.directory.c_str(), W_OK | X_OK) != 0)
        throw Error(Errc::io, fmt::format("{}: cannot be written ({})", job.directory.string(), std::strerror(errno)));
      file = job.directory / fmt::format("{}-r{:05}.jsonl", job.token, comm.rank());
    }
    Beat named;
    named.run = run;
    named.stage = stage;
    named.method = processors.method + (s.num_gpus > 0 && !gpu.method.empty() ? " + " + gpu.method : "");
    s.leader.emplace(NodeMeter(config, std::move(devices), std::move(processes), s.num_gpus, s.account), std::move(file), std::move(header),
                     std::move(named), claims == Claims::by_rows, config.beat_seconds);
  });
  mpi::barrier(comm);
}

StageMeter::~StageMeter() = default;

double StageMeter::joules() const { return state_->account.joules(state_->node.rank(), processor_seconds()); }

void StageMeter::claim(double Uses::*use, double joules) { state_->account.add(use, joules); }

void StageMeter::claim_until_now(double Uses::*use) {
  double const now = std::max(joules(), state_->claimed);
  claim(state_->repeats && use == &Uses::useful ? &Uses::repeated : use, now - std::exchange(state_->claimed, now));
}

void StageMeter::repeats() { state_->repeats = true; }

void StageMeter::finish(Ended how) { end(how, false); }
void StageMeter::dismiss() { end(Ended::nothing, true); }

void StageMeter::end(Ended how, bool if_begun) {
  auto& s = *state_;
  s.account.joules(s.node.rank(), processor_seconds());
  mpi::barrier(s.comm);  // whatever a rank did is done
  mpi::collectively(s.comm, [&] {
    if (!s.leader) return;
    s.leader->stop();
    s.leader->end(std::string(ended_names(how)), if_begun, s.repeats);
  });
}

}  // namespace apq::energy
