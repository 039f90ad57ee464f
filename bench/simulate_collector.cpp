// How does a collection behave on 10,000 ranks? The product's own shard writer (collect/node_writer) and its way of claiming run on a
// simulated clock, with what claims, shards and their reading cost measured here first (docs/scaling.md).
//   mpirun -n 2 build/release/bench/simulate_collector [--help]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <queue>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "collect/claim_order.hpp"
#include "collect/node_writer.hpp"
#include "common/core/random.hpp"
#include "common/h5/joined.hpp"
#include "common/mpi/collectives.hpp"
#include "common/mpi/run_main.hpp"
#include "common/mpi/work_claim.hpp"

namespace {

using namespace apq;
namespace fs = std::filesystem;

struct Options {
  std::uint64_t samples = 80'000;
  std::vector<int> ranks{1, 10, 100, 1'000, 10'000};
  int ranks_per_node = 64, shard_rows = 1024, num_genes = 132;
  double sample_seconds = 0.9, sigma = 0.37;  // mean, and deviation of the logarithm: those of the quickstart's quantised samples
  double known = 0.7;                         // correlation of the logarithms of time and MACs, there
  double latency_us = 2;                      // of the interconnect, one way
  double metadata_ops = 20'000;               // a second, of the file system's metadata server
  double flush_seconds = 5;
  double claim_us = 0;  // what a claim keeps rank 0's memory busy; 0: as measured
};

// ---- what things cost on this machine

double seconds_of(std::function<void()> const& work) {
  auto const start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// So many rows take fixed + per_row x rows seconds.
struct Line {
  double fixed = 0, per_row = 0;
  double operator()(double rows) const { return fixed + per_row * rows; }
};

struct Measured {
  double claim = 0;       // seconds of one claim by another rank while rank 0 is inside MPI: what rank 0's memory is busy for, at most
  double claim_busy = 0;  // the same while rank 0 computes
  Line write, read;       // of a shard
  Line join;              // of a joined file, in shards
};

// Rank 0 claims too, or computes and leaves the answering to its thread; how long it takes rank 1.
double seconds_per_claim(mpi::Communicator const& world, bool rank_0_computes) {
  constexpr std::uint64_t most = 1'000'000'000;
  constexpr double patience = 1.0;
  auto const claim = mpi::make_window_counter(world, most);
  double mine = 0;
  if (world.rank() == 1) {
    std::uint64_t taken = 0;
    auto const start = std::chrono::steady_clock::now();
    while (mine < patience && claim->next()) {
      ++taken;
      mine = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    mine /= static_cast<double>(std::max<std::uint64_t>(taken, 1));
  }
  if (world.is_root()) {
    for (auto const start = std::chrono::steady_clock::now();
         std::chrono::steady_clock::now() - start < std::chrono::duration<double>(patience);)
      if (!rank_0_computes) claim->next();
    claim->close();
  }
  return mpi::allreduce_max(world, mine);
}

h5::Shard make_shard(Options const& o, std::size_t rows) {
  h5::Shard shard;
  shard.header.stage = "quant";
  shard.header.num_genes = o.num_genes;
  shard.header.config = std::string(4000, '#');
  for (std::size_t i = 0; i < rows; ++i) {
    RandomStream random(1, "simulate.shard", i);
    h5::Row row{.id = i, .genes = {}, .correct = 700, .correct5 = 900, .total = 1000};
    for (int g = 0; g < o.num_genes; ++g) row.genes.push_back(static_cast<std::uint8_t>(random.below(8)));
    shard.rows.push_back(std::move(row));
  }
  return shard;
}

Line line_through(double x0, double y0, double x1, double y1) {
  double const slope = std::max(0.0, (y1 - y0) / (x1 - x0));
  return {std::max(0.0, y0 - slope * x0), slope};
}

// The median of some runs.
double typical(int runs, std::function<void()> const& work) {
  std::vector<double> seconds;
  for (int i = 0; i < runs; ++i) seconds.push_back(seconds_of(work));
  std::nth_element(seconds.begin(), seconds.begin() + runs / 2, seconds.end());
  return seconds[static_cast<std::size_t>(runs / 2)];
}

void measure_files(Options const& o, Measured& m) {
  auto const directory = fs::temp_directory_path() / fmt::format("apq-simulate-{}", ::getpid());
  fs::create_directories(directory);
  auto const few = make_shard(o, 8), many = make_shard(o, 1024);
  auto const a = directory / "a.h5", b = directory / "b.h5";
  m.write = line_through(8, typical(11, [&] { h5::write_shard(a, few); }), 1024, typical(11, [&] { h5::write_shard(b, many); }));
  m.read = line_through(8, typical(11, [&] { h5::read_shard(a); }), 1024, typical(11, [&] { h5::read_shard(b); }));
  double joined[2];
  constexpr int shards[2] = {16, 512};
  for (int k = 0; k < 2; ++k) {
    auto const folder = directory / std::to_string(k);
    fs::create_directories(folder);
    for (int i = 0; i < shards[k]; ++i) fs::copy_file(a, folder / fmt::format("{:05}.h5", i));
    joined[k] = typical(3, [&] { h5::write_joined(h5::read_dataset(folder), directory / "joined.h5"); });
  }
  m.join = line_through(shards[0], joined[0], shards[1], joined[1]);
  fs::remove_all(directory);
}

// ---- the simulation

// Asked by the writers; moved by the events.
struct Time {
  double now = 0;
};

// A server that takes requests one after the other.
struct Server {
  double free_at = 0, busy = 0;
  double done(double arrival, double service) {
    free_at = std::max(arrival, free_at) + service;
    busy += service;
    return free_at;
  }
};

// Opening the temporary file, opening it again to flush it, renaming it, flushing the directory, and the look-ups on the way
// (common/core/atomic_file.cpp).
constexpr double ops_per_write = 5, ops_per_read = 2;

struct Free {
  void operator()(std::uint8_t* memory) const { std::free(memory); }
};

struct Node {
  std::unique_ptr<std::uint8_t, Free> memory;  // zeros, of which untouched pages take no memory
  std::optional<collect::NodeWriter> writer;
  double free_at = 0;                                       // its lock
  double oldest = std::numeric_limits<double>::infinity();  // start of the oldest sample that is in no file
};

struct Outcome {
  double seconds = 0, efficiency = 0, claims = 0, claim_load = 0, metadata = 0, metadata_load = 0, idle = 0, lost = 0, read_back = 0;
  std::size_t files = 0;
};

// What is put to the test.
struct Design {
  int ranks_per_writer;
  bool is_ordered;  // the last samples by falling cost
};

// Of one sample: what its MACs let expect, and what it takes.
struct Sample {
  double expected, seconds;
};
Sample sample(Options const& o, std::uint64_t id) {
  RandomStream random(1, "simulate.sample", id);
  double const known = o.known * random.normal(), unknown = std::sqrt(1 - o.known * o.known) * random.normal();
  return {std::exp(o.sigma * known), o.sample_seconds * std::exp(o.sigma * (known + unknown) - o.sigma * o.sigma / 2)};
}

Outcome simulate(Options const& o, Measured const& m, int num_ranks, Design const& design) {
  int const ranks_per_node = design.ranks_per_writer;
  std::vector<std::uint64_t> ids(o.samples);
  std::iota(ids.begin(), ids.end(), 0u);
  if (design.is_ordered) ids = collect::claim_order(std::move(ids), num_ranks, [&](std::uint64_t id) { return sample(o, id).expected; });
  Time time;
  Server counter, metadata;
  std::size_t writes = 0, files = 0;
  double lost = 0, work = 0;
  auto const num_nodes = (num_ranks + ranks_per_node - 1) / ranks_per_node;
  std::vector<Node> nodes(static_cast<std::size_t>(num_nodes));
  collect::NodeWriter::Options options{"", "", {}, static_cast<std::size_t>(o.shard_rows), o.flush_seconds};
  options.header.num_genes = 8;  // what genes cost is in the measured times
  std::vector<fs::path> last_file(nodes.size());
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    auto& node = nodes[n];
    options.prefix = std::to_string(n);
    auto const bytes = collect::NodeWriter::memory_bytes(options);
    node.memory.reset(static_cast<std::uint8_t*>(std::calloc(bytes, 1)));
    auto const write = [&, n](fs::path const& file, h5::Shard const& shard) {
      auto const start = time.now;
      ++writes;
      if (last_file[n] != file) ++files;
      last_file[n] = file;
      time.now = metadata.done(start, ops_per_write / o.metadata_ops) + m.write(static_cast<double>(shard.rows.size()));
      lost = std::max(lost, time.now - nodes[n].oldest);
      nodes[n].oldest = std::numeric_limits<double>::infinity();
    };
    node.writer.emplace(
        std::span(node.memory.get(), bytes), options, [&] { return time.now; }, write);
    node.writer->begin(std::min(ranks_per_node, num_ranks - static_cast<int>(n) * ranks_per_node));
  }

  enum class Phase { claim, add, leave };
  struct Event {
    double at;
    int rank;
    Phase phase;
    double started;
    std::uint64_t item;
    bool operator>(Event const& other) const { return at != other.at ? at > other.at : rank > other.rank; }
  };
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events;
  for (int r = 0; r < num_ranks; ++r) events.push({0, r, Phase::claim, 0, 0});
  std::uint64_t next = 0;
  double end = 0, left = 0;
  double const flight = o.latency_us * 1e-6, poll = std::max(0.0, m.claim_busy - m.claim);
  while (!events.empty()) {
    auto const e = events.top();
    events.pop();
    auto& node = nodes[static_cast<std::size_t>(e.rank / ranks_per_node)];
    if (e.phase == Phase::claim) {
      auto const got = counter.done(e.at + flight, m.claim) + poll + flight;
      auto const item = next++;
      if (item >= o.samples) {
        events.push({got, e.rank, Phase::leave, 0, 0});
        continue;
      }
      double const seconds = sample(o, ids[item]).seconds;
      work += seconds;
      events.push({got + seconds, e.rank, Phase::add, got, ids[item]});
      continue;
    }
    if (node.free_at > e.at) {  // another rank of the node is writing
      auto later = e;
      later.at = node.free_at;
      events.push(later);
      continue;
    }
    time.now = e.at;
    if (e.phase == Phase::add) {
      node.oldest = std::min(node.oldest, e.started);
      node.writer->add({.id = e.item, .genes = space::Genes(8), .correct = 1, .correct5 = 1, .total = 1});
      events.push({time.now, e.rank, Phase::claim, 0, 0});
    } else {
      node.writer->leave();
      left += time.now;
      end = std::max(end, time.now);
    }
    node.free_at = time.now;
  }
  Outcome out;
  auto const f = static_cast<double>(files);
  out.files = files;
  // Rank 0 reads all back once, then reads them again to join them.
  out.read_back = 2 * (f * m.read.fixed + m.read.per_row * static_cast<double>(o.samples) + f * ops_per_read / o.metadata_ops) + m.join(f);
  out.seconds = end + out.read_back;
  out.efficiency = work / (num_ranks * out.seconds);
  out.claims = static_cast<double>(o.samples) / end;
  out.claim_load = counter.busy / end;
  out.metadata = static_cast<double>(writes) * ops_per_write / end;
  out.metadata_load = metadata.busy / end;
  out.idle = end - left / num_ranks;
  out.lost = lost;
  return out;
}

void print(Options const& o, Measured const& m, std::string const& title, Design const& design) {
  fmt::print("\n{}\n{:>7} {:>10} {:>11} {:>10} {:>8} {:>7} {:>11} {:>8} {:>10} {:>10} {:>11}\n", title, "ranks", "hours", "efficiency",
             "claims/s", "load", "files", "metadata/s", "load", "tail idle", "kill loses", "read back");
  for (int ranks : o.ranks) {
    auto const out = simulate(o, m, ranks, design);
    fmt::print("{:>7} {:>10.4f} {:>9.1f} % {:>10.1f} {:>6.1f} % {:>7} {:>11.1f} {:>6.1f} % {:>8.2f} s {:>8.2f} s {:>9.2f} s\n", ranks,
               out.seconds / 3600, 100 * out.efficiency, out.claims, 100 * out.claim_load, out.files, out.metadata, 100 * out.metadata_load,
               out.idle, out.lost, out.read_back);
  }
}

int run(mpi::Communicator const& world, int argc, char** argv) {
  Options o;
  CLI::App app("The collector on a simulated cluster");
  app.add_option("--samples", o.samples, "Labels to collect")->capture_default_str();
  app.add_option("--ranks", o.ranks, "Numbers of ranks")->delimiter(',')->capture_default_str();
  app.add_option("--ranks-per-node", o.ranks_per_node, "Ranks of a node")->capture_default_str();
  app.add_option("--sample-seconds", o.sample_seconds, "Mean time of a sample")->capture_default_str();
  app.add_option("--sigma", o.sigma, "Deviation of its logarithm")->capture_default_str();
  app.add_option("--known", o.known, "How well MACs tell a sample's time, as a correlation")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--latency-us", o.latency_us, "Of the interconnect, one way")->capture_default_str();
  app.add_option("--claim-us", o.claim_us, "What a claim keeps the counter busy; 0: as measured")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--metadata-ops", o.metadata_ops, "Operations a second of the metadata server")->capture_default_str();
  app.add_option("--flush-seconds", o.flush_seconds, "collect.flush_seconds")->capture_default_str();
  app.add_option("--shard-rows", o.shard_rows, "collect.shard_rows")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& e) {
    return world.is_root() ? app.exit(e) : e.get_exit_code();
  }
  Measured m;
  if (o.claim_us > 0) {
    m.claim = m.claim_busy = 1e-6 * o.claim_us;
  } else if (world.size() > 1) {
    m.claim = seconds_per_claim(world, false);
    m.claim_busy = seconds_per_claim(world, true);
  }
  if (!world.is_root()) return 0;
  measure_files(o, m);
  fmt::print(
      "{} a claim {:.2f} us ({:.2f} us while rank 0 computes); measured here: a shard of n rows: writing {:.2f} + {:.4f} n ms, reading "
      "{:.2f} + {:.4f} n ms; "
      "joining n shards {:.2f} + {:.3f} n ms\n",
      o.claim_us > 0 ? "given:" : "measured here:", 1e6 * m.claim, 1e6 * m.claim_busy, 1e3 * m.write.fixed, 1e3 * m.write.per_row,
      1e3 * m.read.fixed, 1e3 * m.read.per_row, 1e3 * m.join.fixed, 1e3 * m.join.per_row);
  fmt::print(
      "assumed: {} samples of {:g} s (sigma {:g}, known {:g}), {:g} us latency, {:g} metadata operations/s, a flush every {:g} s, {} rows "
      "a shard\n",
      o.samples, o.sample_seconds, o.sigma, o.known, o.latency_us, o.metadata_ops, o.flush_seconds, o.shard_rows);
  print(o, m, "every rank writes shards of its own", {1, false});
  print(o, m, fmt::format("the {} ranks of a node write shards together", o.ranks_per_node), {o.ranks_per_node, false});
  print(o, m, "and the last samples are claimed by falling cost: what the product does", {o.ranks_per_node, true});
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return mpi::run_main(argc, argv, run); }
