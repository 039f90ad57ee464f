#include "app/report_stage.hpp"

#include "common/core/log.hpp"
#include "common/mpi/collectives.hpp"
#include "report/report.hpp"
#include "study/status.hpp"
#include "study/unlabelled.hpp"

namespace apq::app {

void report_stage(study::StudyRun& run, study::Redo redo) {
  auto const& e = run.experiment;
  auto const write = [&](energy::StageMeter&) {
    mpi::collectively(run.comm, [&] {
      if (!run.comm.is_root()) return;
      std::vector<std::string> unlabelled;
      for (char const* stage : {"fp", "quant"})
        if (auto const found = study::unlabelled_samples(e.layout, stage); found.count > 0)
          unlabelled.push_back(std::string("collect.") + stage + ": " + found.sentence);
      report::write_report(e.layout, {e.name, e.seed, e.resolved, e.collect.fp_samples, e.collect.quant_samples, unlabelled}, e.space,
                           cost::CostModel(e.space, e.cost),
                           study::stale_inputs(e.layout, study::stage_named(run.stages, "report"), run.digests));
      log::root().info("report: {}", e.layout.report().string());
    });
    return false;  // writing it down would make it stale
  };
  study::run_stage(run, "report", write, redo);
}

}  // namespace apq::app
