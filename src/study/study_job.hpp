#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/core/study_layout.hpp"
#include "common/job/claim.hpp"
#include "common/job/heartbeat.hpp"
#include "common/job/job_config.hpp"
#include "common/job/job_watch.hpp"
#include "common/mpi/communicator.hpp"

namespace apq::study {

/// This job among those that work on a study: in jobs/ from here on to its end. What it says there at the end is how it ended; a job that
/// found nothing to do leaves no record.
class StudyJob {
 public:
  /// Collective. @throws Error(io) on all ranks where the study's directory cannot be written.
  StudyJob(mpi::Communicator const& comm, StudyLayout const& layout, job::JobConfig const& config);
  ~StudyJob();
  StudyJob(StudyJob const&) = delete;
  StudyJob& operator=(StudyJob const&) = delete;

  mpi::Communicator const& comm;
  StudyLayout const layout;
  job::JobConfig const config;
  /// On every rank.
  std::string const& token() const { return me_.job; }

  /// The stage that this job begins with, as others see it: its account begins anew. Local to root; nothing elsewhere.
  void begin_stage(std::string const& stage);
  /// False when another job took the stage over: this one was taken for gone, as one that was stopped for long is. What it writes then may
  /// replace what others work with. Local to root.
  bool holds(std::string const& stage) const { return job::holds(layout.stage_claim(stage), me_); }
  /// Whom it waits for; empty: nobody. Local to root.
  void wait_for(std::string const& holder);
  /// The energy of the stage so far that root answers for, J, for the job's account; empty: it is not known (any more). It is called by
  /// another thread, until this has been called again. Local to root; nothing elsewhere.
  void count_joules(std::function<double()> joules);
  /// What the stage cost so far is in the ledger now. Local to root; nothing elsewhere.
  void is_in_ledger();

  /// Null but on root.
  job::JobHeartbeat* heart() { return heart_ ? &*heart_ : nullptr; }
  /// Of root alone.
  job::Claimant const& claimant() const { return me_; }
  job::JobWatch& watch() { return *watch_; }

 private:
  job::Claimant me_;
  std::function<double()> joules_;  // the heartbeat's, as its record
  std::optional<job::JobHeartbeat> heart_;
  std::optional<job::JobWatch> watch_;
  int const errors_before_;
};

}  // namespace apq::study
