#include "study/study_job.hpp"

#include <exception>
#include <limits>

#include <sys/resource.h>

#include "common/core/host_name.hpp"
#include "common/core/random_token.hpp"
#include "common/core/stop_request.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::study {
namespace {

// Of this process, user and system, s.
double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto const seconds = [](timeval const& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

StudyJob::StudyJob(mpi::Communicator const& the_comm, StudyLayout const& the_layout, job::JobConfig const& the_config)
    : comm(the_comm), layout(the_layout), config(the_config), errors_before_(std::uncaught_exceptions()) {
  mpi::collectively(comm, [&] {
    if (!comm.is_root()) return;
    heart_.emplace(layout.jobs(), job::new_job(comm.size()), config.interval_s());
    watch_.emplace(layout.jobs(), config.expiry_s);
    me_.job = heart_->token();
  });
  me_ = {.job = mpi::broadcast(comm, me_.job), .host = host_name(), .id = random_token()};
}

StudyJob::~StudyJob() {
  if (!heart_) return;
  if (std::uncaught_exceptions() > errors_before_) heart_->end(stop_requested() ? job::JobState::stopped : job::JobState::failed);
  else if (heart_->record().stage.empty()) heart_->withdraw();
  else heart_->end(job::JobState::ended);
}

void StudyJob::begin_stage(std::string const& stage) {
  if (!heart_) return;
  // Nobody asks the other ranks before the stage ends: they are taken to be as busy as root.
  heart_->refresh_with([this, before = processor_seconds()](job::JobRecord& r) {
    r.core_seconds = comm.size() * (processor_seconds() - before);
    if (joules_) r.joules = comm.size() * joules_();
  });
  heart_->set([&](job::JobRecord& r) {
    r.stage = stage;
    r.rows = r.wanted = r.failures = 0;
    r.rows_per_second = r.joules = std::numeric_limits<double>::quiet_NaN();
    r.core_seconds = 0;
  });
  heart_->beat();
}

void StudyJob::count_joules(std::function<double()> joules) {
  if (heart_) heart_->set([&](job::JobRecord&) { joules_ = std::move(joules); });
}

void StudyJob::wait_for(std::string const& holder) {
  if (!heart_ || heart_->record().waits_for == holder) return;
  heart_->set([&](job::JobRecord& r) { r.waits_for = holder; });
  heart_->beat();
}

void StudyJob::is_in_ledger() {
  if (!heart_) return;
  heart_->refresh_with({});
  heart_->set([](job::JobRecord& r) {
    r.core_seconds = 0;
    r.joules = std::numeric_limits<double>::quiet_NaN();
  });
  heart_->beat();
}

}  // namespace apq::study
