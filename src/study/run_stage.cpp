#include "study/run_stage.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/atomic_file.hpp"
#include "common/core/build_info.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/mpi/collectives.hpp"
#include "evaluate/supernet_evaluator.hpp"
#include "study/stage_guard.hpp"
#include "study/stage_state.hpp"

namespace apq::study {
namespace fs = std::filesystem;
namespace {

// What a stage's stamp says; absent: there is none, or one that cannot be read (which is named).
std::optional<Stamp> stamp_of(StudyLayout const& layout, std::string const& stage) {
  auto const file = layout.stamp(stage);
  std::error_code ec;
  if (!fs::exists(file, ec)) return std::nullopt;
  try {
    return read_stamp(file);
  } catch (Error const& e) {
    if (e.code() != Errc::data) throw;
    log::root().warn("{}", e.what());
    return std::nullopt;
  }
}

// "fp" or "quant" of an artefact that is rows.
std::optional<std::string> rows_named(Artefact artefact) {
  if (artefact == Artefact::fp_rows) return "fp";
  if (artefact == Artefact::quant_rows) return "quant";
  return std::nullopt;
}

// Shards that are not known by their state are read once, as rows, which hashes them.
void hash_rows_in_doubt(StudyRun& run, Stage const& stage) {
  for (auto const artefact : stage.writes)
    if (auto const rows = rows_named(artefact); rows && !run.stamped_rows(*rows)) try {
        run.root_rows(*rows);
      } catch (Error const& e) {
        if (e.code() != Errc::data) throw;  // the collection sets damaged shards aside and says so
      }
}

// The stage's outputs as they are now.
std::vector<StampedFile> outputs_of(StudyRun& run, Stage const& stage) {
  auto const& layout = run.experiment.layout;
  std::vector<StampedFile> outputs;
  for (auto const artefact : stage.writes) {
    if (auto const rows = rows_named(artefact)) run.root_rows(*rows);  // whoever reads rows hashes their shards
    for (auto const& file : files_of(artefact, layout, run.settings))
      if (auto const digest = run.digests.of(file)) outputs.push_back({fs::relative(file, layout.root).string(), *digest});
  }
  return outputs;
}

void write_stamp_of(StudyRun& run, Stage const& stage, Settings inputs) {
  auto const& layout = run.experiment.layout;
  Stamp stamp{
      .stage = stage.name,
      .finished = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()))),
      .code_version = build_info().version_and_commit(),
      .inputs = std::move(inputs),
      .input_files = {},
      .outputs = outputs_of(run, stage),
      .contents = {}};
  for (auto const artefact : stage.writes) {
    auto const name_of_rows = rows_named(artefact);
    if (!name_of_rows) continue;
    auto const& rows = run.root_rows(*name_of_rows);
    stamp.contents["rows"] = h5::content_hash(rows.rows);
    for (auto const& [name, value] : rows.header.identity) stamp.contents["label." + name] = value;
    stamp.contents["label.space"] = rows.header.space_hash;
  }
  for (auto const artefact : stage.reads)
    if (auto const path = path_of(artefact, layout, run.settings); !path.empty())
      if (auto const digest = run.digests.of(path)) stamp.input_files[fs::absolute(path).string()] = *digest;
  make_directory(layout.stamp(stage.name).parent_path());
  write_stamp(layout.stamp(stage.name), stamp);
}

// Inputs on root when the stage must run, with the reason; absent on all ranks when it need not.
struct Need {
  bool is_needed = false;
  std::string why;
  Settings inputs;
};

Need need_of(StudyRun& run, Stage const& stage) {
  Need need{.is_needed = false, .why = {}, .inputs = run.inputs_of(stage)};
  auto const& layout = run.experiment.layout;
  auto const stamp = stamp_of(layout, stage.name);
  if (!stamp) {
    need.is_needed = true;
    return need;
  }
  hash_rows_in_doubt(run, stage);
  for (auto const& [path, digest] : stamp->input_files) run.digests.note(path, digest);
  for (auto const& output : stamp->outputs) run.digests.note(layout.root / output.path, output.digest);
  auto reasons = differences(stamp->inputs, need.inputs);
  for (auto& lost : lost_outputs(*stamp, layout.root, run.digests, false)) reasons.push_back(std::move(lost));
  need.is_needed = !reasons.empty();
  need.why = fmt::format("{}", fmt::join(reasons, "; "));
  return need;
}

}  // namespace

std::string why_needed(StudyRun& run, Stage const& stage) {
  auto const need = need_of(run, stage);
  if (!need.is_needed) return {};
  return need.why.empty() ? "was not done yet" : need.why;
}

void run_stage(StudyRun& run, std::string const& name, StageBody const& body, Redo redo) {
  auto const& stage = stage_named(run.stages, name);
  if (reads_images(stage)) run.listed_splits();
  Need need;
  mpi::collectively(run.comm, [&] {
    if (run.comm.is_root()) need = need_of(run, stage);
  });
  auto const is_needed = mpi::broadcast(run.comm, std::string(need.is_needed || redo == Redo::always ? "yes" : "no")) == "yes";
  if (!is_needed) {
    log::root().info("{}: is there already", name);
    return;
  }
  if (!need.why.empty()) log::root().info("{} is stale: {}", name, need.why);
  StageGuard const guard(run.comm, run.experiment.layout);
  bool const evaluates = std::find(stage.reads.begin(), stage.reads.end(), Artefact::engine) != stage.reads.end();
  energy::StageMeter meter(run.comm, run.experiment.energy, name, evaluates ? evaluate::gpus_held(run.experiment.evaluator) : 0);
  bool const has_worked = body(meter);
  if (has_worked) meter.finish(run.experiment.layout.ledger());
  mpi::collectively(run.comm, [&] {
    if (run.comm.is_root()) write_stamp_of(run, stage, std::move(need.inputs));
  });
}

}  // namespace apq::study
