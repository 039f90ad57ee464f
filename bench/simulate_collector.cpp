// How does a collection by many jobs behave on 10,000 ranks, some of which die? The product's own logic (collect/keeper_steps,
// block_search, node_queue, node_writer, common/job/job_watch) runs on a simulated clock; file-system operations are counted
// (docs/scaling.md).
//   build/release/bench/simulate_collector [--help]
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "collect/keeper_steps.hpp"
#include "collect/node_writer.hpp"
#include "common/core/random.hpp"
#include "common/job/job_watch.hpp"

namespace {

using namespace apq;
namespace fs = std::filesystem;

struct Options {
  std::uint64_t samples = 80'000;
  int jobs = 256, nodes_per_job = 1, ranks_per_node = 40;
  double sample_seconds = 60, sigma = 0.37;  // mean, and deviation of the logarithm: that of the quickstart's quantised samples
  double known = 0.7;                        // correlation of the logarithms of time and MACs, there
  double deaths = 0;                         // jobs that die, as a share; each at a random time of the run
  double restart_seconds = 150;              // until a dead job's successor starts; 0: none does
  double operation_ms = 1;                   // what a keeper waits for an operation on the file system
  double flush_seconds = 5, expiry = 600, beat_seconds = 5;
  int shard_rows = 1024;
};

// Operations that a file system answers. Creating a claim: open, write and flush it, flush the directory, close; one that is there: open,
// then open, read, close it. Writing a shard or a heartbeat: open, write, flush, rename, flush the directory. A directory lists 200 names a
// call.
constexpr double ops_claim = 5, ops_held = 4, ops_write = 6, ops_read = 3, ops_record = 3, names_a_call = 200;

// Operations by kind and by 10 s of the simulated time.
class Traffic {
 public:
  void add(char const* kind, double at, double operations) {
    total_[kind] += operations;
    bins_[static_cast<std::size_t>(at / bin_seconds)] += operations;
  }
  double total() const {
    return std::accumulate(total_.begin(), total_.end(), 0.0, [](double sum, auto const& kind) { return sum + kind.second; });
  }
  double of(char const* kind) const { return total_.contains(kind) ? total_.at(kind) : 0; }
  double peak() const {
    double most = 0;
    for (auto const& [bin, operations] : bins_) most = std::max(most, operations / bin_seconds);
    return most;
  }

 private:
  static constexpr double bin_seconds = 10;
  std::map<std::string, double> total_;
  std::map<std::size_t, double> bins_;
};

struct Sample {
  double expected, seconds;
};
Sample sample(Options const& o, std::uint64_t id) {
  RandomStream random(1, "simulate.sample", id);
  double const known = o.known * random.normal(), unknown = std::sqrt(1 - o.known * o.known) * random.normal();
  return {std::exp(o.sigma * known), o.sample_seconds * std::exp(o.sigma * (known + unknown) - o.sigma * o.sigma / 2)};
}

struct Free {
  void operator()(std::uint8_t* memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<std::uint8_t, Free>;

// What all nodes see: claims, shards, heartbeats.
struct Study {
  struct Delivered {
    std::uint64_t id;
    int node;
    std::size_t shard;
  };
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::pair<int, bool>> claims;  // job, released
  std::map<std::uint64_t, std::uint64_t> generations;
  std::vector<Delivered> delivered;  // as it came into shards
  std::size_t num_shards = 0;
  std::vector<double> died;  // by job; infinity: lives
  Traffic traffic;
  double now = 0;
};

class SimulatedClaims : public collect::BlockClaims {
 public:
  SimulatedClaims(Study& study, Options const& o, int job)
      : study_(study),
        job_(job),
        watch_(
            o.expiry,
            [this, &o](std::string const& token) {
              study_.traffic.add("watching", study_.now, ops_record);
              job::JobRecord record;
              record.token = token;
              record.counter = static_cast<std::uint64_t>(std::min(study_.now, study_.died[std::stoul(token)]) / o.beat_seconds);
              return std::optional(record);
            },
            [this] { return study_.now; }) {}
  std::map<std::uint64_t, std::uint64_t> last_generations() override {
    study_.traffic.add("claims", study_.now, 2 + static_cast<double>(study_.claims.size()) / names_a_call);
    return study_.generations;
  }
  std::optional<Holder> take(std::uint64_t block, std::uint64_t generation) override {
    auto const [claim, is_mine] = study_.claims.try_emplace({block, generation}, job_, false);
    study_.traffic.add("claims", study_.now, is_mine ? ops_claim : ops_held);
    auto const [job, is_released] = claim->second;
    if (is_mine) {
      auto& last = study_.generations.try_emplace(block, generation).first->second;
      last = std::max(last, generation);
      return std::nullopt;
    }
    return Holder{is_released || watch_.is_gone(std::to_string(job)), std::to_string(job)};
  }
  void release(std::uint64_t block, std::uint64_t generation) override {
    study_.claims[{block, generation}].second = true;
    study_.traffic.add("claims", study_.now, ops_write);
  }

 private:
  Study& study_;
  int job_;
  job::JobWatch watch_;
};

// A node of a job, with the product's queue, writer and keeper on memory and files that are not there.
struct Node {
  Node(Study& study, Options const& o, int number, int of_job, std::vector<std::uint64_t> const& missing)
      : claims(study, o, of_job), job(of_job) {
    collect::NodeWriter::Options w{"", std::to_string(number), {}, static_cast<std::size_t>(o.shard_rows), o.flush_seconds};
    w.header.num_genes = 8;
    auto const bytes = collect::NodeWriter::memory_bytes(w), queue_bytes = collect::NodeQueue::bytes(o.samples, o.ranks_per_node);
    rows.reset(static_cast<std::uint8_t*>(std::calloc(bytes, 1)));
    ids.reset(static_cast<std::uint8_t*>(std::calloc(queue_bytes, 1)));
    writer.emplace(
        std::span(rows.get(), bytes), w, [&study] { return study.now; },
        [&study, this, number](fs::path const& file, h5::Shard const& shard) {
          study.traffic.add("shards", study.now, ops_write);
          if (std::exchange(shard_name, file) != file) {
            shard_id = study.num_shards++;
            written = 0;
          }
          for (; written < shard.rows.size(); ++written) study.delivered.push_back({shard.rows[written].id, number, shard_id});
        });
    writer->begin(o.ranks_per_node);
    queue.emplace(std::span(ids.get(), queue_bytes), o.samples, o.ranks_per_node);
    queue->begin(missing);
    seen = study.delivered.size();
    collect::KeeperSteps::Options k;
    k.flush_seconds = o.flush_seconds;
    k.sample_seconds = k.sample_timeout = 0;
    k.expiry = o.expiry;
    k.look = [&study, this, number] {
      std::vector<std::uint64_t> found;
      std::set<std::size_t> changed;
      for (; seen < study.delivered.size(); ++seen)
        if (auto const& d = study.delivered[seen]; d.node != number) {
          found.push_back(d.id);
          changed.insert(d.shard);
        }
      auto const names = static_cast<double>(study.num_shards);
      study.traffic.add("looks", study.now, 4 + names / names_a_call + names + ops_read * static_cast<double>(changed.size()));
      return found;
    };
    k.cost_of = [&o](std::uint64_t id) { return sample(o, id).expected; };
    k.flush = [this] { writer->flush(); };
    k.tell = [](auto const&, auto const&) {};
    k.hangs = [](auto const&, double, bool) {};
    keeper.emplace(*queue, claims, collect::BlockSearch::Options{collect::block_size(o.samples), static_cast<std::uint64_t>(number)},
                   std::move(k), [&study] { return study.now; });
  }
  SimulatedClaims claims;
  int job;
  Memory rows, ids;
  std::optional<collect::NodeWriter> writer;
  std::optional<collect::NodeQueue> queue;
  std::optional<collect::KeeperSteps> keeper;
  fs::path shard_name;
  std::size_t shard_id = 0, written = 0, seen = 0;
  bool is_done = false;
  double next_step = -1;  // the event that counts; earlier ones were overtaken
};

struct Outcome {
  double hours, efficiency, twice, ops, peak, claims, looks, shards, beats;
  std::size_t files, deaths;
};

Outcome simulate(Options const& o) {
  Study study;
  RandomStream random(1, "simulate.deaths");
  double const ideal = static_cast<double>(o.samples) * o.sample_seconds / (o.jobs * o.nodes_per_job * o.ranks_per_node);
  enum class Kind { start, step, ask, done, death };
  struct Event {
    double at;
    std::uint64_t order;
    Kind kind;
    int node, rank;
    std::uint64_t id;
    double seconds;
    bool operator>(Event const& other) const { return at != other.at ? at > other.at : order > other.order; }
  };
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events;
  std::uint64_t order = 0;
  auto const push = [&](double at, Kind kind, int node, int rank = 0, std::uint64_t id = 0, double seconds = 0) {
    events.push({at, order++, kind, node, rank, id, seconds});
  };
  std::deque<std::unique_ptr<Node>> nodes;
  std::vector<bool> is_settled(o.samples, false);
  std::size_t settled = 0, deaths = 0, evaluated = 0, counted = 0;
  double useful = 0, rank_seconds = 0;
  auto const start_job = [&](double at, bool may_die) {
    auto const job = static_cast<int>(study.died.size());
    study.died.push_back(std::numeric_limits<double>::infinity());
    for (int n = 0; n < o.nodes_per_job; ++n) push(at, Kind::start, job);
    if (may_die && random.chance(o.deaths)) push(at + random.uniform() * ideal, Kind::death, job);
  };
  for (int j = 0; j < o.jobs; ++j) start_job(0, true);
  std::vector<double> begun;  // by node
  auto const wake = [&](int n, double at) {
    auto& node = *nodes[static_cast<std::size_t>(n)];
    if (node.is_done || (node.next_step >= study.now && node.next_step <= at)) return;
    node.next_step = at;
    push(at, Kind::step, n);
  };
  double end = 0;
  while (!events.empty()) {
    auto const e = events.top();
    events.pop();
    study.now = e.at;
    if (e.kind == Kind::start) {
      std::vector<std::uint64_t> missing;
      for (std::uint64_t id = 0; id < o.samples; ++id)
        if (!is_settled[id]) missing.push_back(id);
      auto const n = static_cast<int>(nodes.size());
      study.traffic.add("start", study.now, static_cast<double>(study.num_shards) * (1 + ops_read) + 20);
      nodes.push_back(std::make_unique<Node>(study, o, n, e.node, missing));
      begun.push_back(study.now);
      for (int r = 0; r < o.ranks_per_node; ++r) push(study.now, Kind::ask, n, r);
      continue;
    }
    if (e.kind == Kind::death) {
      if (settled == o.samples) continue;
      study.died[static_cast<std::size_t>(e.node)] = study.now;
      ++deaths;
      for (std::size_t n = 0; n < nodes.size(); ++n)
        if (nodes[n]->job == e.node && !nodes[n]->is_done) {
          nodes[n]->is_done = true;
          rank_seconds += o.ranks_per_node * (study.now - begun[n]);
        }
      if (o.restart_seconds > 0) start_job(study.now + o.restart_seconds, false);
      continue;
    }
    auto& node = *nodes[static_cast<std::size_t>(e.node)];
    if (node.is_done) continue;
    if (e.kind == Kind::step) {
      if (node.next_step != e.at) continue;
      node.next_step = -1;
      auto const before = study.traffic.total();
      bool const goes_on = node.keeper->step();
      double const took = (study.traffic.total() - before) * o.operation_ms / 1000;
      if (goes_on) {
        wake(e.node, study.now + took + node.keeper->until_next());
      } else {
        for (int r = 0; r < o.ranks_per_node; ++r) node.writer->leave();
        node.keeper->finish();
        node.is_done = true;
        end = study.now + took;
        rank_seconds += o.ranks_per_node * (end - begun[static_cast<std::size_t>(e.node)]);
      }
    }
    if (e.kind == Kind::done) {
      ++evaluated;
      node.writer->add({.id = e.id, .genes = space::Genes(8), .correct = 1, .correct5 = 1, .total = 1});
      node.queue->settle(e.rank, e.seconds, sample(o, e.id).expected);
    }
    if (e.kind == Kind::ask || e.kind == Kind::done) {
      auto const taken = node.queue->take(e.rank, study.now, 0);
      if (taken.answer == collect::NodeQueue::Answer::sample) {
        auto const seconds = sample(o, taken.id).seconds;
        push(study.now + seconds, Kind::done, e.node, e.rank, taken.id, seconds);
      } else if (taken.answer == collect::NodeQueue::Answer::none_yet) {
        wake(e.node, study.now + o.operation_ms * ops_claim / 1000);
        push(study.now + (e.kind == Kind::ask && e.seconds > 0 ? std::min(2 * e.seconds, 1.0) : 0.02), Kind::ask, e.node, e.rank, 0,
             e.seconds > 0 ? std::min(2 * e.seconds, 1.0) : 0.02);
      }
    }
    for (; counted < study.delivered.size(); ++counted) {
      auto const id = study.delivered[counted].id;
      if (is_settled[id]) continue;
      is_settled[id] = true;
      ++settled;
      useful += sample(o, id).seconds;
    }
  }
  if (settled != o.samples) fmt::print("LOST: {} of {} samples were never delivered\n", o.samples - settled, o.samples);
  auto const beats = static_cast<double>(o.jobs) * end / o.beat_seconds * ops_write;
  auto const all = study.traffic.total() + beats;
  return {.hours = end / 3600,
          .efficiency = useful / rank_seconds,
          .twice = static_cast<double>(evaluated - o.samples) / static_cast<double>(o.samples),
          .ops = all / end,
          .peak = study.traffic.peak() + beats / end,
          .claims = study.traffic.of("claims") / all,
          .looks = (study.traffic.of("looks") + study.traffic.of("watching")) / all,
          .shards = study.traffic.of("shards") / all,
          .beats = beats / all,
          .files = study.num_shards,
          .deaths = deaths};
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  bool is_alone = false;
  CLI::App app("The collector of many jobs on a simulated cluster");
  app.add_option("--samples", o.samples, "Labels to collect")->capture_default_str();
  app.add_option("--jobs", o.jobs, "Jobs at once; with it only this shape is simulated")->capture_default_str();
  app.add_option("--nodes-per-job", o.nodes_per_job, "Nodes of a job")->capture_default_str();
  app.add_option("--ranks-per-node", o.ranks_per_node, "Ranks of a node")->capture_default_str();
  app.add_option("--sample-seconds", o.sample_seconds, "Mean time of a sample")->capture_default_str();
  app.add_option("--sigma", o.sigma, "Deviation of its logarithm")->capture_default_str();
  app.add_option("--known", o.known, "How well MACs tell a sample's time, as a correlation")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--deaths", o.deaths, "Share of the jobs that die during the run")->capture_default_str()->check(CLI::Range(0.0, 1.0));
  app.add_option("--restart-seconds", o.restart_seconds, "Until a dead job's successor starts; 0: none does")->capture_default_str();
  app.add_option("--operation-ms", o.operation_ms, "What a node waits for an operation of the file system")->capture_default_str();
  app.add_option("--flush-seconds", o.flush_seconds, "collect.flush_seconds")->capture_default_str();
  app.add_option("--expiry", o.expiry, "jobs.expiry")->capture_default_str();
  app.add_option("--shard-rows", o.shard_rows, "collect.shard_rows")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  is_alone = app.count("--jobs") > 0;
  struct Shape {
    int jobs, nodes_per_job, ranks_per_node;
    double deaths;
  };
  std::vector<Shape> shapes{{1, 1, 64, 0},   {4, 1, 64, 0},     {16, 1, 64, 0}, {64, 1, 16, 0},
                            {256, 1, 40, 0}, {256, 1, 40, 0.1}, {4, 40, 64, 0}, {4, 40, 64, 0.25}};
  if (is_alone) shapes = {{o.jobs, o.nodes_per_job, o.ranks_per_node, o.deaths}};
  fmt::print("{} samples of {:g} s (sigma {:g}, known {:g}); an operation takes {:g} ms; a flush every {:g} s, expiry after {:g} s\n",
             o.samples, o.sample_seconds, o.sigma, o.known, o.operation_ms, o.flush_seconds, o.expiry);
  fmt::print("{:>15} {:>7} {:>6} {:>8} {:>11} {:>8} {:>7} {:>8} {:>9}   {}\n", "jobs x nodes x", "ranks", "die", "hours", "efficiency",
             "twice", "shards", "ops/s", "peak", "claims, looks, shards, beats");
  for (auto const& shape : shapes) {
    o.jobs = shape.jobs;
    o.nodes_per_job = shape.nodes_per_job;
    o.ranks_per_node = shape.ranks_per_node;
    o.deaths = shape.deaths;
    auto const out = simulate(o);
    fmt::print("{:>15} {:>7} {:>6} {:>8.3f} {:>9.1f} % {:>6.2f} % {:>7} {:>8.0f} {:>9.0f}   {:.0f}, {:.0f}, {:.0f}, {:.0f} %\n",
               fmt::format("{} x {} x {}", shape.jobs, shape.nodes_per_job, shape.ranks_per_node),
               shape.jobs * shape.nodes_per_job * shape.ranks_per_node, out.deaths, out.hours, 100 * out.efficiency, 100 * out.twice,
               out.files, out.ops, out.peak, 100 * out.claims, 100 * out.looks, 100 * out.shards, 100 * out.beats);
  }
  return 0;
}
