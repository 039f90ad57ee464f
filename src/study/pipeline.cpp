#include "study/pipeline.hpp"

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"
#include "study/admission.hpp"
#include "study/check.hpp"

namespace apq::study {
namespace {

void check_options(StudyRun const& run, PipelineOptions const& options) {
  if (!options.until.empty()) stage_named(run.stages, options.until);
  if (options.redo.empty()) return;
  stage_named(run.stages, options.redo);
  if (options.redo.starts_with("collect"))
    throw Error(Errc::config, fmt::format("--redo {}: labels are never made again in place; choose another study.dir, or remove {}",
                                          options.redo, run.experiment.layout.shards(options.redo.substr(8)).string()));
  if (options.redo == "supernet" && !h5::shards_in(run.experiment.layout.shards("fp")).empty())
    throw Error(Errc::config, "--redo supernet: the study's labels were made with it; choose another study.dir");
}

}  // namespace

void run_pipeline(StudyRun& run, PipelineOptions const& options, std::function<void()> const& report) {
  mpi::collectively(run.comm, [&] { check_options(run, options); });
  check_inputs(run);
  admit(run, true);
  open_study(run.comm, run.experiment);
  for (auto const& stage : run.stages) {
    auto const redo = stage.name == options.redo ? Redo::always : Redo::when_needed;
    if (stage.name == "supernet") supernet_stage(run, redo);
    else if (stage.name.starts_with("collect.")) collect_stage(run, stage.name.substr(8));
    else if (stage.name == "train") train_stage(run, redo);
    else if (stage.name == "search") search_stage(run, redo);
    else if (stage.name == "verify") verify_stage(run, redo);
    else if (stage.name == "report") report();
    if (stage.name == options.until) return;
  }
}

}  // namespace apq::study
