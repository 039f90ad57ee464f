#include "collect/collector.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "collect/labelling.hpp"
#include "collect/node_writer.hpp"
#include "collect/partial_files.hpp"
#include "collect/quarantine.hpp"
#include "collect/sampler.hpp"
#include "collect/stored_rows.hpp"
#include "collect/usual_times.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/stop_request.hpp"
#include "common/h5/joined.hpp"
#include "common/job/job_watch.hpp"
#include "common/mpi/collective_error.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::collect {
namespace fs = std::filesystem;
namespace {

void require_identity(h5::Dataset const& dataset, h5::ShardHeader const& wanted) {
  if (dataset.files.empty()) return;
  if (auto const differs = h5::difference(dataset.header, wanted); !differs.empty())
    throw Error(Errc::data, fmt::format("{}: its labels depend on something else than this study's ({}); choose another study.dir",
                                        dataset.files.front().path.string(), differs));
}

Samples draw(CollectRequest const& request, std::uint64_t count) {
  return {*request.space, request.header.seed, request.header.stage, request.config.policies_per_architecture, count};
}

// A small space ends before the samples do.
void limit_samples(CollectRequest& request) {
  auto const& stage = request.header.stage;
  auto const wanted = std::exchange(request.num_samples, num_samples(*request.space, stage, request.num_samples));
  if (request.num_samples < wanted)
    log::root().warn("collect {}: the space has {} different subnets {}: all are labelled; {} were asked for", stage, request.num_samples,
                     stage == "quant" ? "with their bit widths" : "in full precision", wanted);
}

// Seed and space agree by now, so another subnet under an id comes from another way of sampling.
void require_samples(h5::Dataset const& dataset, CollectRequest const& request, Samples const& samples) {
  for (auto const& row : dataset.rows)
    if (row.id >= samples.size() || !std::ranges::equal(row.genes, samples[row.id]))
      throw Error(Errc::data,
                  fmt::format("{}: sample {} is another subnet than this study draws (was "
                              "policies_per_architecture changed, now {}?); choose "
                              "another study.dir",
                              request.study.shards(request.header.stage).string(), row.id, request.config.policies_per_architecture));
}

// Root's view of a stage: what is there, and what is not.
class Stage {
 public:
  explicit Stage(CollectRequest const& request)
      : request_(request), rows_(request.study.shards(request.header.stage)), quarantine_(request.study.quarantine(request.header.stage)) {}

  // What is missing now, ascending.
  std::vector<std::uint64_t> look() {
    rows_.refresh([&](h5::Dataset const& dataset) {
      require_identity(dataset, request_.header);
      auto const count = std::max(request_.num_samples, dataset.rows.empty() ? 0 : dataset.rows.back().id + 1);
      if (!samples_ || samples_->size() < count) samples_ = draw(request_, count);
      require_samples(dataset, request_, *samples_);
    });
    auto const quarantined = quarantined_ids(quarantine_);
    std::vector<std::uint64_t> missing, released;
    auto const& rows = rows_.dataset().rows;
    auto const is_labelled = [&](std::uint64_t id) {
      return std::binary_search(rows.begin(), rows.end(), h5::Row{.id = id}, [](auto const& a, auto const& b) { return a.id < b.id; });
    };
    for (auto const id : quarantined)
      if (is_labelled(id)) released.push_back(id);
    release_quarantined(quarantine_, released);
    num_quarantined_ = 0;
    std::size_t next = 0;
    for (std::uint64_t id = 0; id < request_.num_samples; ++id) {
      while (next < rows.size() && rows[next].id < id) ++next;
      if (next < rows.size() && rows[next].id == id) continue;
      if (std::binary_search(quarantined.begin(), quarantined.end(), id)) ++num_quarantined_;
      else missing.push_back(id);
    }
    require_few_quarantined(quarantine_, request_.header.stage, request_.config.max_quarantined, request_.num_samples);
    return missing;
  }

  void retry_quarantined() {
    auto const released = release_quarantined(quarantine_, quarantined_ids(quarantine_));
    if (released > 0) log::root().info("collect {}: {} samples leave quarantine and are tried again", request_.header.stage, released);
  }

  // What the samples that are there took: mean, longest, most seconds a unit of cost. The last ones tell enough. No more than a few times
  // the usual: a job that was suspended for a night wrote samples that took one.
  std::vector<double> sample_times() const {
    std::vector<double> times, prices;
    auto const& rows = rows_.dataset().rows;
    auto const count = std::min<std::size_t>(rows.size(), 100);
    for (auto i = rows.size() - count; i < rows.size(); ++i) {
      times.push_back(rows[i].seconds);
      if (request_.cost_of) prices.push_back(times.back() / request_.cost_of(rows[i].genes));
    }
    auto const longest = largest_usual(times);
    double sum = 0;
    for (double const seconds : times) sum += std::min(seconds, longest);
    return {count > 0 ? sum / static_cast<double>(count) : 0, longest, largest_usual(prices)};
  }

  void join() const {
    auto const file = request_.study.joined(request_.header.stage);
    auto const& dataset = rows_.dataset();
    if (request_.join && !dataset.files.empty() && !h5::joins(file, dataset)) h5::write_joined(dataset, file);
  }

  StoredRows const& rows() const { return rows_; }
  std::optional<Samples> const& samples() const { return samples_; }
  std::uint64_t num_quarantined() const { return num_quarantined_; }

 private:
  CollectRequest const& request_;
  StoredRows rows_;
  fs::path quarantine_;
  std::optional<Samples> samples_;
  std::uint64_t num_quarantined_ = 0;
};

void report(mpi::Communicator const& comm, std::string const& stage, TimeSpent spent) {
  for (double* const seconds : {&spent.evaluating, &spent.writing, &spent.all}) mpi::allreduce_sum(comm, std::span(seconds, 1));
  log::root().info(
      "collect {}: {:.1f} % of the ranks' time was evaluation, {:.2f} % writing and checking shards, the rest making the evaluator and "
      "waiting",
      stage, 100 * spent.evaluating / spent.all, 100 * spent.writing / spent.all);
}

// Shards are set aside when they are found damaged or contradicting after the labelling, and their samples are labelled again; that this
// happens again and again means that something else is wrong.
constexpr int most_rounds = 5;

}  // namespace

CollectResult collect(mpi::Communicator const& comm, CollectRequest request,
                      std::function<std::unique_ptr<evaluate::Evaluator>()> const& make_evaluator) {
  auto const& space = *request.space;
  auto const& name = request.header.stage;
  auto const directory = request.study.shards(name);
  request.header.num_genes = name == "quant" ? space.num_genes() : space.num_architecture_genes();
  limit_samples(request);
  std::optional<job::JobHeartbeat> heartbeat;
  std::optional<job::JobWatch> watch;
  std::optional<Stage> stage;
  std::vector<std::uint64_t> missing;
  auto const look = [&] {
    mpi::collectively(comm, [&] {
      if (comm.is_root()) missing = stage->look();
    });
    missing = mpi::broadcast(comm, missing);
  };
  mpi::collectively(comm, [&] {
    if (!comm.is_root()) return;
    make_directory(directory);
    stage.emplace(request);
    watch.emplace(request.study.jobs(), request.jobs.expiry_s);
    remove_partial_files(directory, *watch);
    if (request.retry_quarantined) stage->retry_quarantined();
  });
  look();
  // What another rank is doing there must be over before root looks at the directory.
  auto const first_missing = missing.size();
  TimeSpent spent;
  for (int round = 0; !missing.empty(); ++round) {
    std::string job, known;
    std::vector<double> times(3);
    mpi::collectively(comm, [&] {
      if (round == most_rounds)
        throw Error(Errc::internal, fmt::format("{}: {} samples are missing after the collection, the first is {}", directory.string(),
                                                missing.size(), missing.front()));
      if (!comm.is_root()) return;
      if (request.heartbeat == nullptr) {
        heartbeat.emplace(request.study.jobs(), job::new_job(comm.size()), request.jobs.interval_s());
        request.heartbeat = &*heartbeat;
      }
      job = request.heartbeat->token();
      known = stage->rows().watch().known();
      times = stage->sample_times();
    });
    if (round == 0 && request.prepare) request.prepare();
    std::optional<Samples> drawn;
    if (!comm.is_root()) drawn = draw(request, request.num_samples);
    times = mpi::broadcast(comm, times);
    Labelling const labelling{.request = request,
                              .samples = drawn ? *drawn : *stage->samples(),
                              .missing = missing,
                              .known_shards = mpi::broadcast(comm, known),
                              .job = mpi::broadcast(comm, job),
                              .sample_seconds = times[0],
                              .longest = times[1],
                              .dearest = times[2]};
    auto const stopped = label_missing(comm, labelling, make_evaluator, spent);
    if (!stopped.empty()) {
      if (heartbeat) heartbeat->end(job::JobState::stopped);
      throw mpi::CollectiveError(Errc::stopped, stop_message("collect " + name, stopped));
    }
    auto const begin = NodeWriter::steady_seconds();
    look();
    if (comm.is_root()) spent.writing += NodeWriter::steady_seconds() - begin;
  }
  std::uint64_t num_quarantined = 0;
  mpi::collectively(comm, [&] {
    if (!comm.is_root()) return;
    remove_partial_files(directory, *watch);
    stage->join();
    num_quarantined = stage->num_quarantined();
    if (num_quarantined > 0)
      log::root().warn("collect {}: {} of {} samples could not be labelled and are in quarantine ({})", name, num_quarantined,
                       request.num_samples, request.study.quarantine(name).string());
    if (heartbeat) heartbeat->end(job::JobState::ended);
  });
  num_quarantined = mpi::broadcast(comm, std::vector{num_quarantined}).front();
  if (first_missing > 0) report(comm, name, spent);
  auto const there = request.num_samples - num_quarantined;
  auto const already_there = std::min(request.num_samples - first_missing, there);
  return {already_there, there - already_there, num_quarantined};
}

}  // namespace apq::collect
