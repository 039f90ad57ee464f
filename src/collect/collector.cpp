#include "collect/collector.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "collect/claim_order.hpp"
#include "collect/directory_lock.hpp"
#include "collect/node_writer.hpp"
#include "collect/sampler.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/process_age.hpp"
#include "common/core/progress.hpp"
#include "common/core/stop_request.hpp"
#include "common/h5/joined.hpp"
#include "common/mpi/collective_error.hpp"
#include "common/mpi/collectives.hpp"
#include "common/mpi/shared_array.hpp"
#include "common/mpi/turns.hpp"
#include "common/mpi/work_claim.hpp"
#include "evaluate/checked_label.hpp"

namespace apq::collect {
namespace fs = std::filesystem;
namespace {

void require_identity(h5::Dataset const& dataset, h5::ShardHeader const& wanted) {
  if (dataset.files.empty()) return;
  if (auto const differs = h5::difference(dataset.header, wanted); !differs.empty())
    throw Error(Errc::data, fmt::format("{}: its labels depend on something else than this study's ({}); choose another study.dir",
                                        dataset.files.front().path.string(), differs));
}

// What a killed run was writing: the lock on the directory says that nobody writes it any more.
void remove_partial_files(fs::path const& directory) {
  std::vector<fs::path> files;
  for (auto const& entry : fs::directory_iterator(directory)) files.push_back(entry.path());
  for (auto const& file : files)
    if (file.extension() == ".partial") fs::remove(file);
}

// Damaged shards leave the dataset, under a name that says so; their ids are missing from now on.
h5::Dataset read_sound_shards(fs::path const& directory) {
  auto dataset = h5::read_dataset(directory, h5::OnDamage::tolerate);
  for (auto const& damaged : std::exchange(dataset.damaged, {})) {
    log::root().warn("{}; set aside, its samples are collected again", damaged.message);
    fs::rename(damaged.path, damaged.path.string() + ".damaged");
  }
  return dataset;
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
      throw Error(Errc::data, fmt::format("{}: sample {} is another subnet than this study draws (was "
                                          "policies_per_architecture changed, now {}?); choose "
                                          "another study.dir",
                                          request.directory.string(), row.id, request.config.policies_per_architecture));
}

std::vector<std::uint64_t> missing_ids(std::vector<h5::Row> const& rows, std::uint64_t num_samples) {
  std::vector<std::uint64_t> missing;
  std::size_t next = 0;
  for (std::uint64_t id = 0; id < num_samples; ++id) {
    while (next < rows.size() && rows[next].id < id) ++next;
    if (next == rows.size() || rows[next].id != id) missing.push_back(id);
  }
  return missing;
}

double joules_so_far(CollectRequest const& request) { return request.joules ? request.joules() : std::numeric_limits<double>::quiet_NaN(); }

// The label of one sample; whatever goes wrong names the sample and its genes.
h5::Row evaluate(CollectRequest const& request, evaluate::Evaluator& evaluator, std::uint64_t id, space::Genes const& genes) {
  auto const start = std::chrono::steady_clock::now();
  double const joules_before = joules_so_far(request);
  auto const label = evaluate::checked_label(evaluator, *request.space, space::subnet_of(*request.space, genes), id,
                                             fmt::format("sample {} of stage {}", id, request.header.stage));
  double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return {.id = id,
          .genes = genes,
          .correct = label.correct,
          .correct5 = label.correct5,
          .total = label.total,
          .loss = static_cast<float>(label.loss),
          .seconds = static_cast<float>(seconds),
          .joules = static_cast<float>(joules_so_far(request) - joules_before)};
}

// What ranks spend their time on from the first claim on, in seconds. Writing includes waiting for the node's other ranks to have written,
// and the reading back at the end; the rest is making the evaluator and waiting for the last samples.
struct TimeSpent {
  double evaluating = 0, writing = 0, all = 0;
};

void report(mpi::Communicator const& comm, std::string const& stage, TimeSpent spent) {
  for (double* const seconds : {&spent.evaluating, &spent.writing, &spent.all}) mpi::allreduce_sum(comm, std::span(seconds, 1));
  log::root().info(
      "collect {}: {:.1f} % of the ranks' time was evaluation, {:.2f} % writing and checking shards, the rest making the evaluator and "
      "waiting",
      stage, 100 * spent.evaluating / spent.all, 100 * spent.writing / spent.all);
}

// Takes samples until none is left; what stopped this rank before that, empty: nothing did. Where one rank stops, all stop
// after the sample in hand; what is labelled is written in any case.
std::string label_samples(CollectRequest const& request, Samples const& samples, std::vector<std::uint64_t> const& ids, NodeWriter& writer,
                          std::function<std::unique_ptr<evaluate::Evaluator>()> const& make_evaluator, mpi::WorkClaim& claim,
                          Progress& progress, TimeSpent& spent) {
  StopOnSignals const stop_on_signals;
  std::string stopped;
  bool is_first = true;
  std::unique_ptr<evaluate::Evaluator> evaluator;
  auto const already_there = request.num_samples - ids.size();
  try {
    while (auto const item = claim.next()) {
      if (stop_requested()) {
        stopped = stop_reason();
        claim.close();
        break;
      }
      if (!evaluator) evaluator = make_evaluator();
      // Claimed is done but for the samples in hand: close enough for a progress line.
      progress.update(already_there + *item);
      auto const row = evaluate(request, *evaluator, ids[*item], samples.genes(ids[*item]));
      spent.evaluating += row.seconds;
      auto const begin = NodeWriter::steady_seconds();
      writer.add(row);
      spent.writing += NodeWriter::steady_seconds() - begin;
      if (is_first)
        log::root().info("collect {}: first label {:.2f} s after the start of the program", request.header.stage, process_age());
      is_first = false;
    }
  } catch (...) {
    claim.close();
    try {
      writer.leave();
    } catch (Error const& e) {
      log::rank().warn("{}", e.what());
    }
    throw;
  }
  auto const begin = NodeWriter::steady_seconds();
  writer.leave();
  spent.writing += NodeWriter::steady_seconds() - begin;
  return stopped;
}

}  // namespace

CollectResult collect(mpi::Communicator const& comm, CollectRequest request,
                      std::function<std::unique_ptr<evaluate::Evaluator>()> const& make_evaluator) {
  auto const& space = *request.space;
  auto const& stage = request.header.stage;
  request.header.num_genes = stage == "quant" ? space.num_genes() : space.num_architecture_genes();
  limit_samples(request);
  std::optional<DirectoryLock> lock;
  h5::Dataset dataset;  // root's
  std::vector<std::uint64_t> missing;
  std::optional<Samples> samples;
  mpi::collectively(comm, [&] {
    if (!comm.is_root()) return;
    make_directory(request.directory);
    if (request.lock) lock.emplace(request.directory);
    remove_partial_files(request.directory);
    dataset = read_sound_shards(request.directory);
    require_identity(dataset, request.header);
    samples = draw(request, std::max(request.num_samples, dataset.rows.empty() ? 0 : dataset.rows.back().id + 1));
    require_samples(dataset, request, *samples);
    missing = missing_ids(dataset.rows, request.num_samples);
    if (request.cost_of)
      missing = claim_order(std::move(missing), comm.size(), [&](std::uint64_t id) { return request.cost_of(samples->genes(id)); });
  });
  // The run's name keeps its shards apart from those of earlier runs, whatever their ranks were.
  auto const run =
      mpi::broadcast(comm, fmt::format("{:x}-{}", std::chrono::system_clock::now().time_since_epoch().count() / 1000, ::getpid()));
  missing = mpi::broadcast(comm, missing);
  if (!missing.empty() && request.prepare) request.prepare();
  CollectResult const result{request.num_samples - missing.size(), missing.size()};
  TimeSpent spent;
  auto const start = NodeWriter::steady_seconds();

  if (!missing.empty()) {
    if (!samples) samples = draw(request, request.num_samples);
    auto const claim = mpi::make_shared_counter(comm, missing.size());
    auto const node = comm.node();
    NodeWriter::Options const options{.directory = request.directory,
                                      .prefix = fmt::format("{}-r{:05}", run, mpi::broadcast(node, std::vector{comm.rank()}).front()),
                                      .header = request.header,
                                      .shard_rows = std::min(static_cast<std::size_t>(request.config.shard_rows), missing.size()),
                                      .flush_seconds = request.config.flush_seconds};
    mpi::SharedArray const memory(node, NodeWriter::memory_bytes(options));
    NodeWriter writer(memory.bytes(), options);
    if (node.is_root()) writer.begin(node.size());
    memory.publish();
    Progress progress("collect " + stage, "samples", request.num_samples, result.already_there, comm.is_root());
    std::string stopped;
    mpi::collectively(comm, [&] { stopped = label_samples(request, *samples, missing, writer, make_evaluator, *claim, progress, spent); });
    stopped = mpi::agreed_reason(comm, stopped);
    if (!stopped.empty()) throw mpi::CollectiveError(Errc::stopped, stop_message("collect " + stage, stopped));
    progress.update(request.num_samples);
    progress.finish();
  }
  mpi::collectively(comm, [&] {
    if (!comm.is_root()) return;
    auto const begin = NodeWriter::steady_seconds();
    h5::read_new_shards(dataset, request.directory);
    require_samples(dataset, request, *samples);
    if (auto const still = missing_ids(dataset.rows, request.num_samples); !still.empty())
      throw Error(Errc::internal, fmt::format("{}: {} samples are missing after the collection, the first is {}",
                                              request.directory.string(), still.size(), still.front()));
    if (!request.joined.empty() && !dataset.files.empty() && !h5::joins(request.joined, dataset)) h5::write_joined(dataset, request.joined);
    spent.writing += NodeWriter::steady_seconds() - begin;
  });
  spent.all = NodeWriter::steady_seconds() - start;
  if (!missing.empty()) report(comm, stage, spent);
  return result;
}

}  // namespace apq::collect
