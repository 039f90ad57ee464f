#include "collect/collector.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <limits>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <unistd.h>

#include "collect/directory_lock.hpp"
#include "collect/sampler.hpp"
#include "collect/shard_writer.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/progress.hpp"
#include "common/mpi/collectives.hpp"
#include "common/mpi/work_claim.hpp"

namespace apq::collect {
namespace fs = std::filesystem;
namespace {

void require_identity(h5::Dataset const& dataset, h5::ShardHeader const& wanted) {
  if (dataset.files.empty()) return;
  auto const there = dataset.header.identity();
  for (auto const& [key, value] : wanted.identity())
    if (there.at(key) != value)
      throw Error(
          Errc::data,
          fmt::format("{}: was collected with {} {}, this study has {}; choose another study.dir",
                      dataset.files.front().string(), key, there.at(key), value));
}

// Damaged shards leave the dataset, under a name that says so; their ids are missing from now on.
// What a killed run was writing goes: the lock on the directory says that nobody writes it any
// more.
void clean_up(fs::path const& directory) {
  std::vector<fs::path> files;
  for (auto const& entry : fs::directory_iterator(directory)) files.push_back(entry.path());
  for (auto const& file : files) {
    if (file.extension() == ".partial") fs::remove(file);
    if (file.extension() != ".h5") continue;
    try {
      h5::read_shard(file);
    } catch (Error const& e) {
      if (e.code() != Errc::data) throw;
      log::root().warn("{}; set aside, its samples are collected again", e.what());
      fs::rename(file, file.string() + ".damaged");
    }
  }
}

std::vector<std::uint64_t> missing_ids(std::vector<h5::Row> const& rows,
                                       std::uint64_t num_samples) {
  std::vector<std::uint64_t> missing;
  std::size_t next = 0;
  for (std::uint64_t id = 0; id < num_samples; ++id) {
    while (next < rows.size() && rows[next].id < id) ++next;
    if (next == rows.size() || rows[next].id != id) missing.push_back(id);
  }
  return missing;
}

h5::Row evaluate(CollectRequest const& request, Evaluator& evaluator, std::uint64_t id) {
  auto const start = std::chrono::steady_clock::now();
  auto const genes = sample(*request.space, request.header.seed, request.header.stage, id,
                            request.config.policies_per_architecture);
  Label label;
  try {
    label = evaluator.evaluate(space::subnet_of(*request.space, genes), id);
  } catch (Error const& e) {
    throw Error(e.code(),
                fmt::format("sample {} of stage {}: {}", id, request.header.stage, e.what()));
  }
  if (!std::isfinite(label.loss))
    throw Error(Errc::numeric, fmt::format("sample {} of stage {}: the loss is {} (damaged "
                                           "supernet weights or a space that does not fit them?)",
                                           id, request.header.stage, label.loss));
  double const seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return {.id = id,
          .genes = genes,
          .correct = label.correct,
          .correct5 = label.correct5,
          .total = label.total,
          .loss = static_cast<float>(label.loss),
          .seconds = static_cast<float>(seconds),
          .joules = request.joules_of ? static_cast<float>(request.joules_of(seconds))
                                      : std::numeric_limits<float>::quiet_NaN()};
}

volatile std::sig_atomic_t stop_requested = 0;

// SIGTERM (a scheduler's warning) and SIGINT end the collection after the sample in hand.
class StopOnSignal {
 public:
  StopOnSignal() {
    stop_requested = 0;
    for (int signal : {SIGTERM, SIGINT, SIGUSR1})
      previous_[index(signal)] = std::signal(signal, [](int) { stop_requested = 1; });
  }
  ~StopOnSignal() {
    for (int signal : {SIGTERM, SIGINT, SIGUSR1}) std::signal(signal, previous_[index(signal)]);
  }

 private:
  static std::size_t index(int signal) { return signal == SIGTERM ? 0 : signal == SIGINT ? 1 : 2; }
  void (*previous_[3])(int) = {};
};

}  // namespace

CollectResult collect(mpi::Communicator const& comm, CollectRequest request,
                      std::function<std::unique_ptr<Evaluator>()> const& make_evaluator) {
  auto const& space = *request.space;
  request.header.num_genes =
      request.header.stage == "quant" ? space.num_genes() : space.num_architecture_genes();
  std::optional<DirectoryLock> lock;
  std::vector<std::uint64_t> missing;
  mpi::collectively(comm, [&] {
    if (!comm.is_root()) return;
    make_directory(request.directory);
    lock.emplace(request.directory);
    clean_up(request.directory);
    auto const dataset = h5::read_dataset(request.directory);
    require_identity(dataset, request.header);
    missing = missing_ids(dataset.rows, request.num_samples);
  });
  // The run's name keeps its shards apart from those of earlier runs, whatever their ranks were.
  auto const run = mpi::broadcast(
      comm,
      fmt::format("{:x}-{}", std::chrono::system_clock::now().time_since_epoch().count() / 1000,
                  ::getpid()));
  missing = mpi::broadcast(comm, missing);
  CollectResult const result{request.num_samples - missing.size(), missing.size()};
  if (missing.empty()) return result;

  auto const claim = mpi::make_shared_counter(comm, missing.size());
  Progress progress("collect " + request.header.stage, "samples", request.num_samples,
                    result.already_there, comm.is_root());
  StopOnSignal const stop_on_signal;
  bool stopped = false;
  mpi::collectively(comm, [&] {
    ShardWriter writer(request.directory, fmt::format("{}-r{:05}", run, comm.rank()),
                       request.header, static_cast<std::size_t>(request.config.shard_rows),
                       request.config.flush_seconds);
    std::unique_ptr<Evaluator> evaluator;
    try {
      while (auto const item = claim->next()) {
        if (stop_requested != 0) {
          stopped = true;
          break;
        }
        if (!evaluator) evaluator = make_evaluator();
        // Claimed so far is done so far but for the samples in hand: close enough for a progress
        // line.
        progress.update(result.already_there + *item);
        writer.add(evaluate(request, *evaluator, missing[*item]));
      }
    } catch (Error const& e) {
      if (e.code() != Errc::io) writer.flush();  // what is done stays, unless writing itself fails
      throw;
    }
    writer.flush();
  });
  double const any_stopped = mpi::allreduce_max(comm, stopped ? 1.0 : 0.0);
  if (any_stopped > 0)
    mpi::collectively(comm, [&] {
      throw Error(
          Errc::io,
          fmt::format("collect {}: stopped by a signal; run the same command again to go on",
                      request.header.stage));
    });
  progress.update(request.num_samples);
  progress.finish();
  mpi::collectively(comm, [&] {
    if (!comm.is_root()) return;
    auto const dataset = h5::read_dataset(request.directory);
    if (auto const still = missing_ids(dataset.rows, request.num_samples); !still.empty())
      throw Error(Errc::internal,
                  fmt::format("{}: {} samples are missing after the collection, the first is {}",
                              request.directory.string(), still.size(), still.front()));
  });
  return result;
}

}  // namespace apq::collect
