#include "study/pipeline.hpp"

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"
#include "study/admission.hpp"
#include "study/check.hpp"
#include "study/leftovers.hpp"
#include "study/open_study.hpp"

namespace apq::study {
namespace {

void check_options(StudyRun const& run, PipelineOptions const& options) {
  if (!options.until.empty()) stage_named(run.stages, options.until);
  if (options.redo.empty()) return;
  stage_named(run.stages, options.redo);
  if (options.redo.starts_with("collect"))
    throw Error(Errc::config, fmt::format("--redo {}: labels are never made again in place; choose another study.dir, or remove {}",
                                          options.redo, run.experiment.layout.shards(options.redo.substr(8)).string()));
  if (options.redo == "supernet" && has_labels(run.experiment.layout))
    throw Error(Errc::config, "--redo supernet: the study's labels were made with it; choose another study.dir");
  auto const place = [&](std::string const& name) { return &stage_named(run.stages, name); };
  if (!options.until.empty() && place(options.redo) > place(options.until))
    throw Error(Errc::config, fmt::format("--redo {}: comes after {}, where --until ends the run", options.redo, options.until));
}

// The body of each row of the table but the report's, which lies in a room above.
void run_body(StudyRun& run, std::string const& stage, Redo redo, Quarantined quarantined, std::function<void(Redo)> const& report) {
  if (stage == "supernet") return supernet_stage(run, redo);
  if (stage == "collect.fp") return collect_stage(run, "fp", quarantined);
  if (stage == "collect.quant") return collect_stage(run, "quant", quarantined);
  if (stage == "train") return train_stage(run, redo);
  if (stage == "search") return search_stage(run, redo);
  if (stage == "verify") return verify_stage(run, redo);
  if (stage == "report") return report(redo);
  throw Error(Errc::internal, fmt::format("stage {} has no body", stage));
}

}  // namespace

void run_pipeline(StudyRun& run, PipelineOptions const& options, std::function<void(Redo)> const& report) {
  mpi::collectively(run.comm, [&] { check_options(run, options); });
  check_inputs(run, options.until);
  admit(run, Looks::at_labels_before_training);
  open_study(run);
  for (auto const& stage : run.stages) {
    run_body(run, stage.name, stage.name == options.redo ? Redo::always : Redo::when_needed, options.quarantined, report);
    if (stage.name == options.until) return;
  }
  // A job that found nothing to do leaves things as they are.
  if (auto const* const heart = run.has_joined() ? run.job().heart() : nullptr; heart != nullptr && !heart->record().stage.empty())
    remove_leftovers(run.experiment.layout, job::job_file(run.experiment.layout.jobs(), heart->token()));
}

}  // namespace apq::study
