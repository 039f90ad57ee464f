#include "app/report_stage.hpp"

#include "common/core/log.hpp"
#include "common/mpi/collectives.hpp"
#include "report/report.hpp"

namespace apq::app {

void report_stage(mpi::Communicator const& comm, study::Experiment const& e) {
  mpi::collectively(comm, [&] {
    if (!comm.is_root()) return;
    cost::CostModel const cost_model(e.space, e.cost);
    report::write_report(e.layout, e.space, cost_model);
    log::root().info("report: {}", e.layout.report().string());
  });
}

}  // namespace apq::app
