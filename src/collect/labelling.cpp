#include "collect/labelling.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <thread>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <unistd.h>

#include "collect/claim_files.hpp"
#include "collect/label_sample.hpp"
#include "collect/node_keeper.hpp"
#include "collect/node_writer.hpp"
#include "collect/quarantine.hpp"
#include "collect/shard_watch.hpp"
#include "common/core/error.hpp"
#include "common/core/host_name.hpp"
#include "common/core/log.hpp"
#include "common/core/process_age.hpp"
#include "common/core/progress.hpp"
#include "common/core/random_token.hpp"
#include "common/core/sha256.hpp"
#include "common/core/stop_request.hpp"
#include "common/mpi/collectives.hpp"
#include "common/mpi/shared_array.hpp"
#include "common/mpi/turns.hpp"

namespace apq::collect {
namespace {

double now() { return NodeWriter::steady_seconds(); }

// One rank's part, and the node's where this rank is its first.
class Rank {
 public:
  Rank(mpi::Communicator const& comm, mpi::Communicator const& node, Labelling const& l, NodeWriter::Options const& options,
       std::span<std::uint8_t> rows, std::span<std::uint8_t> queue)
      : l_(l),
        options_(options),
        rows_(rows),
        writer_(rows, options),
        queue_(queue.subspan(NodeBell::bytes()), l.request.num_samples, node.size()),
        bell_(queue),
        node_rank_(node.rank()),
        is_root_(comm.is_root()),
        world_ranks_(mpi::allgather<int>(node, std::vector{comm.rank()})) {
    if (!node.is_root()) return;
    writer_.begin(node.size());
    bell_.begin();
    queue_.begin(l.missing, l.longest, l.dearest);
  }

  // What stopped it.
  std::string run(std::function<std::unique_ptr<evaluate::Evaluator>()> const& make_evaluator, TimeSpent& spent) {
    StopOnSignals const stop_on_signals;
    std::optional<NodeWork> work;
    std::string stopped;
    try {
      if (node_rank_ == 0) work.emplace(*this);
      stopped = label(make_evaluator, spent);
    } catch (...) {
      queue_.end();
      queue_.leave();
      try {
        writer_.leave();
      } catch (Error const& e) {
        log::rank().warn("{}", e.what());
      }
      throw;
    }
    queue_.leave();
    auto const begin = now();
    writer_.leave();
    spent.writing += now() - begin;
    if (work) work->keeper.finish();
    return is_done() ? std::string() : stopped;
  }

 private:
  bool is_done() const {
    auto const counts = queue_.counts();
    return counts.open + counts.queued + counts.in_hand == 0;
  }
  double cost_of(std::uint64_t id) const { return l_.request.cost_of ? l_.request.cost_of(l_.samples.genes(id)) : 0; }
  double expected_seconds(std::uint64_t id) const {
    auto const counts = queue_.counts();
    auto const cost = cost_of(id);
    return cost > 0 && counts.dearest > 0 ? counts.dearest * cost : counts.longest;
  }
  void quarantine(std::uint64_t id, std::string const& error, int attempts, int rank) const;
  void sample_hangs(NodeQueue::InHand const& sample, double seconds, bool is_last) const;
  std::string label(std::function<std::unique_ptr<evaluate::Evaluator>()> const& make_evaluator, TimeSpent& spent);
  void tell(NodeQueue::Counts const& counts, std::vector<std::string> const& waits_for, Progress& progress) const;

  // What the node's first rank does for all: the keeper and what it works with.
  struct NodeWork {
    explicit NodeWork(Rank& rank);
    KeeperSteps::Options options(Rank& rank);
    job::JobWatch watch;
    ClaimFiles claims;
    ShardWatch shards;
    NodeWriter writer;
    Progress progress;
    NodeKeeper keeper;
  };

  Labelling const& l_;
  NodeWriter::Options const& options_;
  std::span<std::uint8_t> rows_;
  NodeWriter writer_;
  NodeQueue queue_;
  NodeBell bell_;
  int node_rank_;
  bool is_root_;
  std::vector<int> world_ranks_;  // by rank of the node
};

Rank::NodeWork::NodeWork(Rank& rank)
    : watch(rank.l_.request.study.jobs(), rank.l_.request.jobs.expiry_s),
      claims(rank.l_.request.study.claims(rank.l_.request.header.stage), block_size(rank.l_.request.num_samples),
             {rank.l_.job, host_name(), random_token()}, watch),
      shards(rank.options_.directory),
      writer(rank.rows_, rank.options_),
      progress("collect " + rank.l_.request.header.stage, "samples", rank.l_.request.num_samples,
               rank.l_.request.num_samples - rank.l_.missing.size(), rank.is_root_),
      keeper(rank.queue_, rank.bell_, claims, {block_size(rank.l_.request.num_samples), std::hash<std::string>{}(random_token())},
             options(rank), now) {}

KeeperSteps::Options Rank::NodeWork::options(Rank& rank) {
  shards.know(rank.l_.known_shards);
  auto const& r = rank.l_.request;
  KeeperSteps::Options o;
  o.flush_seconds = r.config.flush_seconds;
  o.sample_seconds = rank.l_.sample_seconds;
  o.sample_timeout = r.config.sample_timeout;
  o.expiry = r.jobs.expiry_s;
  o.look = [this, &rank] {
    auto ids = quarantined_ids(rank.l_.request.study.quarantine(rank.l_.request.header.stage));
    auto const others = delivered(shards.look().news, rank.options_.prefix);
    rank.queue_.note_delivered(others);
    ids.insert(ids.end(), others.begin(), others.end());
    return ids;
  };
  if (r.cost_of) o.cost_of = [&rank](std::uint64_t id) { return rank.cost_of(id); };
  o.flush = [this] { writer.flush(); };
  o.tell = [this, &rank](auto const& counts, auto const& waits_for) { rank.tell(counts, waits_for, progress); };
  o.hangs = [&rank](auto const& sample, double seconds, bool is_last) { rank.sample_hangs(sample, seconds, is_last); };
  return o;
}

void Rank::sample_hangs(NodeQueue::InHand const& sample, double seconds, bool is_last) const {
  auto const what = fmt::format("sample {} of stage {}: has not returned after {:.3g} s, collect.sample_timeout is {:g} s", sample.id,
                                l_.request.header.stage, seconds, l_.request.config.sample_timeout);
  if (!is_last) return quarantine(sample.id, what, 1, world_ranks_[static_cast<std::size_t>(sample.rank)]);
  log::rank().error("{}; all else is done, and this job ends so that the next one can go on", what);
  ::kill(sample.process, SIGKILL);  // nothing less ends a rank that computes, and the launcher ends the others
}

void Rank::quarantine(std::uint64_t id, std::string const& error, int attempts, int rank) const {
  auto const& r = l_.request;
  auto const directory = r.study.quarantine(r.header.stage);
  write_quarantined(directory, {.stage = r.header.stage,
                                .id = id,
                                .error = error,
                                .attempts = attempts,
                                .rank = rank,
                                .host = host_name(),
                                .job = l_.job,
                                .genes = l_.samples.genes(id)});
  log::rank().warn("{}; in quarantine", error);
  require_few_quarantined(directory, r.header.stage, r.config.max_quarantined, r.num_samples);
}

void Rank::tell(NodeQueue::Counts const& counts, std::vector<std::string> const& waits_for, Progress& progress) const {
  if (!is_root_) return;
  auto const who = fmt::format("{}", fmt::join(waits_for, ", "));
  progress.update(counts.settled, who.empty() ? std::string() : "waiting for what they have: " + who);
  if (auto* const heartbeat = l_.request.heartbeat)
    heartbeat->set([&](job::JobRecord& record) {
      record.stage = "collect." + l_.request.header.stage;
      record.waits_for = who;
      record.rows = counts.labelled;
      record.wanted = l_.request.num_samples;
      record.failures = counts.given_up;
      // No node is asked how fast it is: all are taken to be as fast as root's.
      if (counts.seconds > 0) record.rows_per_second = static_cast<double>(counts.labelled) / counts.seconds * record.ranks;
    });
  if (counts.is_over) progress.finish();
}

std::string Rank::label(std::function<std::unique_ptr<evaluate::Evaluator>()> const& make_evaluator, TimeSpent& spent) {
  auto const& r = l_.request;
  std::unique_ptr<evaluate::Evaluator> evaluator;
  Attempts const attempts{.timeout = r.config.sample_timeout};
  auto const joules = [&] { return r.joules ? r.joules() : std::numeric_limits<double>::quiet_NaN(); };
  bool is_first = true;
  for (int waits = 0;;) {
    if (stop_requested()) {
      queue_.end();  // a signal to one rank is meant for all
      return stop_reason();
    }
    auto const taken = queue_.take(node_rank_, now(), ::getpid());
    if (taken.answer == NodeQueue::Answer::over) return {};
    if (taken.answer == NodeQueue::Answer::none_yet) {
      bell_.ring();
      std::this_thread::sleep_for(std::chrono::milliseconds(std::min(++waits, 20)));
      continue;
    }
    waits = 0;
    if (taken.was_last) bell_.ring();
    if (auto reason = stop_reason(expected_seconds(taken.id)); !reason.empty()) {
      queue_.put_back(node_rank_);
      return reason;
    }
    if (!evaluator) evaluator = make_evaluator();
    double lost = 0;
    auto const result = label_sample(*evaluator, *r.space, r.header.stage, taken.id, l_.samples.genes(taken.id), attempts, joules, lost);
    if (r.claim && lost != 0) r.claim(&energy::Uses::lost, lost);
    if (auto const* const failure = std::get_if<Failure>(&result)) {
      quarantine(taken.id, failure->error, failure->attempts, world_ranks_[static_cast<std::size_t>(node_rank_)]);
      queue_.give_up(node_rank_);
      continue;
    }
    auto const& row = std::get<h5::Row>(result);
    spent.evaluating += row.seconds;
    if (queue_.is_delivered(node_rank_)) {  // another job took this one for gone, and was quicker
      if (r.claim) r.claim(&energy::Uses::repeated, row.joules);
      queue_.settle(node_rank_, row.seconds, cost_of(row.id));
      continue;
    }
    auto const begin = now();
    writer_.add(row);
    spent.writing += now() - begin;
    queue_.settle(node_rank_, row.seconds, cost_of(row.id));
    if (is_first) log::root().info("collect {}: first label {:.2f} s after the start of the program", r.header.stage, process_age());
    is_first = false;
  }
}

}  // namespace

std::string label_missing(mpi::Communicator const& comm, Labelling const& l,
                          std::function<std::unique_ptr<evaluate::Evaluator>()> const& make_evaluator, TimeSpent& spent) {
  auto const& r = l.request;
  auto const start = now();
  auto const node = comm.node();
  // A job may collect a stage more than once: no name is used again.
  auto const run = mpi::broadcast(comm, fmt::format("{:x}", std::chrono::system_clock::now().time_since_epoch().count() / 1000));
  NodeWriter::Options const options{
      .directory = r.study.shards(r.header.stage),
      .prefix = fmt::format("{}-{}-r{:05}", l.job, run, mpi::broadcast(node, std::vector{comm.rank()}).front()),
      .header = r.header,
      .shard_rows = std::min(static_cast<std::size_t>(r.config.shard_rows), l.missing.size()),
      .flush_seconds = r.config.flush_seconds,
      .delivered = [&](double joules) {
        if (r.claim) r.claim(&energy::Uses::useful, joules);
      }};
  mpi::SharedArray const rows(node, NodeWriter::memory_bytes(options));
  mpi::SharedArray const queue(node, NodeBell::bytes() + NodeQueue::bytes(r.num_samples, node.size()));
  Rank rank(comm, node, l, options, rows.bytes(), queue.bytes());
  rows.publish();
  queue.publish();
  std::string stopped;
  mpi::collectively(comm, [&] { stopped = rank.run(make_evaluator, spent); });
  spent.all += now() - start;
  return mpi::agreed_reason(comm, stopped);
}

}  // namespace apq::collect
