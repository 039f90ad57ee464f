#include "study/run_stage.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/atomic_file.hpp"
#include "common/core/build_info.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/stop_request.hpp"
#include "common/core/utc_time.hpp"
#include "common/mpi/collective_error.hpp"
#include "common/mpi/collectives.hpp"
#include "evaluate/supernet_evaluator.hpp"
#include "study/engine_agreement.hpp"
#include "study/measured_work.hpp"
#include "study/stage_guard.hpp"
#include "study/stage_state.hpp"
#include "study/status.hpp"

namespace apq::study {
namespace fs = std::filesystem;
namespace {

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
    for (auto const& file : files_of(artefact, layout, run.settings, run.digests.files()))
      if (auto const digest = run.digests.of(file)) outputs.push_back({file.lexically_relative(layout.root).string(), *digest});
  }
  return outputs;
}

void write_stamp_of(StudyRun& run, Stage const& stage, Settings inputs) {
  auto const& layout = run.experiment.layout;
  Stamp stamp{.stage = stage.name,
              .finished = utc_now(),
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
    stamp.contents["num_rows"] = std::to_string(rows.rows.size());
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
  auto const& layout = run.experiment.layout;
  auto const stamp = sound_stamp(layout, stage.name, run.digests.files());
  if (!stamp) return {.is_needed = true, .why = {}, .inputs = run.inputs_of(stage)};
  for (auto const& [path, digest] : stamp->input_files) run.digests.note(path, digest);
  for (auto const& output : stamp->outputs) run.digests.note(layout.root / output.path, output.digest);
  Need need{.is_needed = false, .why = {}, .inputs = run.inputs_of(stage)};
  hash_rows_in_doubt(run, stage);
  auto reasons = differences(stamp->inputs, need.inputs);
  auto const there = files_written(stage, layout, run.settings, run.digests.files());
  for (auto& lost : lost_outputs(*stamp, layout.root, there, run.digests, false)) reasons.push_back(std::move(lost));
  need.is_needed = !reasons.empty();
  need.why = fmt::format("{}", fmt::join(reasons, "; "));
  return need;
}

// Stages that several jobs do side by side, sample by sample; any other is one job's at a time.
bool is_shared(Stage const& stage) {
  return std::any_of(stage.writes.begin(), stage.writes.end(), [](Artefact artefact) { return rows_named(artefact).has_value(); });
}

// What root finds, on every rank.
bool on_all(mpi::Communicator const& comm, std::function<bool()> const& root_finds) {
  bool found = false;
  mpi::collectively(comm, [&] {
    if (comm.is_root()) found = root_finds();
  });
  return mpi::broadcast(comm, std::string(found ? "yes" : "no")) == "yes";
}

// The work of a stage.
void do_stage(StudyRun& run, Stage const& stage, StageBody const& body, bool is_there) {
  bool const evaluates = std::find(stage.reads.begin(), stage.reads.end(), Artefact::engine) != stage.reads.end();
  if (evaluates) require_one_engine(run.comm, run.experiment.evaluator);
  mpi::collectively(run.comm, [&] {
    if (!run.comm.is_root()) return;
    energy::read_summary(run.experiment.layout);  // a damaged one is known before the work that it would not take
    for (auto const& sentence : stale_inputs(run.experiment.layout, stage, run.digests)) log::root().warn("{}: {}", stage.name, sentence);
  });
  log::root().info("{}: begins", stage.name);
  bool const shows_ledger = std::find(stage.reads.begin(), stage.reads.end(), Artefact::ledger) != stage.reads.end();
  MeasuredWork const work{.stage = stage.name,
                          .claims = is_shared(stage) ? energy::Claims::by_rows : energy::Claims::whole,
                          .gpus = evaluates ? evaluate::gpus_held(run.experiment.evaluator) : std::vector<std::string>{},
                          .shows_ledger = shows_ledger,
                          .is_there = is_there};
  measure(run, work, body);
}

}  // namespace

std::string why_needed(StudyRun& run, Stage const& stage) {
  auto const need = need_of(run, stage);
  if (!need.is_needed) return {};
  return need.why.empty() ? "was not done yet" : need.why;
}

void run_stage(StudyRun& run, std::string const& name, StageBody const& body, Redo redo) {
  Stage stage;
  mpi::collectively(run.comm, [&] {
    throw_if_stopping(name);
    stage = stage_named(run.stages, name);
  });
  if (reads_images(stage)) run.listed_splits();
  Need need;
  auto const is_needed = [&] {
    return on_all(run.comm, [&] {
      need = need_of(run, stage);
      return need.is_needed || redo == Redo::always;
    });
  };
  bool needed = is_needed();
  if (needed) {
    run.join();
    run.job().begin_stage(name);
  }
  while (needed) {
    std::optional<StageGuard> guard;
    if (!is_shared(stage)) {
      guard.emplace(run.job(), name);
      run.look_again();
      if (!is_needed()) break;  // another job did it just before
    }
    if (!need.why.empty()) log::root().info("{} is stale: {}", name, need.why);
    do_stage(run, stage, body, !on_all(run.comm, [&] { return need.is_needed; }));
    run.look_again();
    if (!on_all(run.comm, [&] { return !guard || run.job().holds(name); })) {
      log::root().warn("{}: this job stood still for so long that another one took over; what that one writes counts", name);
      redo = Redo::when_needed;
      needed = is_needed();
      continue;
    }
    mpi::collectively(run.comm, [&] {
      if (!run.comm.is_root()) return;
      // Of jobs that share a stage the first one to see it complete stamps it.
      if (guard || need_of(run, stage).is_needed) write_stamp_of(run, stage, std::move(need.inputs));
    });
    return;
  }
  log::root().info("{}: is there already", name);
}

}  // namespace apq::study
