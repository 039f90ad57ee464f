#include "app/report_stage.hpp"

#include "common/core/log.hpp"
#include "common/mpi/collectives.hpp"
#include "report/report.hpp"

namespace apq::app {

void report_stage(study::StudyRun& run) {
  auto const& e = run.experiment;
  study::run_stage(run, "report", [&](energy::StageMeter&) {
    mpi::collectively(run.comm, [&] {
      if (!run.comm.is_root()) return;
      report::write_report(e.layout, e.space, cost::CostModel(e.space, e.cost));
      log::root().info("report: {}", e.layout.report().string());
    });
    return false;  // writing it down would make it stale
  });
}

}  // namespace apq::app
