#include "study/measured_work.hpp"

#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/energy/ledger.hpp"
#include "common/mpi/collective_error.hpp"
#include "common/mpi/collectives.hpp"
#include "study/stage_guard.hpp"

namespace apq::study {
namespace {

// The journal's last line is this job's own; of the ledger, which is replaced whole, one job at a time is the author.
void write_down(StudyRun& run, energy::StageMeter& meter, energy::Ended how) {
  meter.finish(how);
  StageGuard const guard(run.job(), "ledger");
  mpi::collectively(run.comm, [&] {
    if (run.comm.is_root()) energy::write_ledger(run.experiment.layout);
  });
  run.job().is_in_ledger();
}

// What a run cost that all ranks ended alike; the reason is said by whoever gets it, so that nothing here may hide it. A stage that shows
// the ledger does not change it.
void write_down_early_end(StudyRun& run, MeasuredWork const& work, energy::StageMeter& meter) {
  if (work.shows_ledger) return;
  try {
    write_down(run, meter, energy::Ended::early);
  } catch (mpi::CollectiveError const& e) {
    log::root().warn("{}: what it cost so far is not written down: {}", work.stage, e.what());
  }
}

// The meter's energy is in the job's account for as long as both live.
class Accounted {
 public:
  Accounted(StudyJob& job, energy::StageMeter const& meter, double pue) : job_(job) {
    job_.count_joules([&meter, pue] { return pue * meter.joules(); });
  }
  ~Accounted() { job_.count_joules({}); }
  Accounted(Accounted const&) = delete;
  Accounted& operator=(Accounted const&) = delete;

 private:
  StudyJob& job_;
};

}  // namespace

void measure(StudyRun& run, MeasuredWork const& work, StageBody const& body) {
  energy::StageMeter meter(run.comm, run.experiment.energy, work.stage, {run.experiment.layout.energy(), run.job().token()}, work.claims,
                           work.gpus);
  Accounted const accounted(run.job(), meter, run.experiment.energy.pue);
  if (work.is_there) meter.repeats();
  bool has_worked = false;
  try {
    has_worked = body(meter);
  } catch (mpi::CollectiveError const&) {
    write_down_early_end(run, work, meter);
    throw;
  }
  try {
    if (has_worked) {
      write_down(run, meter, energy::Ended::whole);
    } else {  // looking at what is there is no cost of the stage
      meter.dismiss();
      run.job().is_in_ledger();
    }
  } catch (mpi::CollectiveError const& e) {
    // Asked to stop while another job has the ledger: what was made counts all the same.
    if (e.code() != Errc::stopped) throw;
    log::root().warn("{}: what it cost is in its journal, and not in ledger.json yet: {}", work.stage, e.what());
  }
}

}  // namespace apq::study
