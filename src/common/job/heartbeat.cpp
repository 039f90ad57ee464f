#include "common/job/heartbeat.hpp"

#include <chrono>
#include <csignal>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <pthread.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"

namespace apq::job {
namespace {

// Signals are for the threads that expect them; a new thread inherits the mask.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(BlockedSignals const&) = delete;
  BlockedSignals& operator=(BlockedSignals const&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

JobHeartbeat::JobHeartbeat(std::filesystem::path jobs, JobRecord record, double interval)
    : jobs_(std::move(jobs)), token_(record.token), interval_(interval), record_(std::move(record)) {
  make_directory(jobs_);
  write_job(jobs_, record_);
  BlockedSignals const blocked;
  thread_ = std::thread([this] { run(); });
}

JobHeartbeat::~JobHeartbeat() { end(JobState::failed); }

void JobHeartbeat::set(std::function<void(JobRecord&)> const& change) {
  std::scoped_lock const lock(mutex_);
  change(record_);
}

void JobHeartbeat::refresh_with(std::function<void(JobRecord&)> refresh) {
  std::scoped_lock const lock(mutex_);
  refresh_ = std::move(refresh);
}

JobRecord JobHeartbeat::record() const {
  std::scoped_lock const lock(mutex_);
  return record_;
}

void JobHeartbeat::end(JobState state) {
  if (!thread_.joinable()) return;
  stop();
  set([&](JobRecord& record) { record.state = state; });
  beat();
}

void JobHeartbeat::withdraw() {
  if (!thread_.joinable()) return;
  stop();
  std::error_code ec;
  std::filesystem::remove(job_file(jobs_, token_), ec);  // where it stays, it only tells of a job that is gone
}

void JobHeartbeat::stop() {
  {
    std::scoped_lock const lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void JobHeartbeat::run() {
  std::unique_lock lock(mutex_);
  auto const interval = std::chrono::duration<double>(interval_);
  while (!wake_.wait_for(lock, interval, [this] { return is_ending_; })) {
    lock.unlock();
    beat();
    lock.lock();
  }
}

void JobHeartbeat::beat() {
  std::scoped_lock const turn(writing_);
  JobRecord now;
  {
    std::scoped_lock const lock(mutex_);
    if (refresh_) refresh_(record_);
    ++record_.counter;
    now = record_;
  }
  try {
    write_job(jobs_, now);  // without the lock: nobody waits for the file system
    has_warned_ = false;
  } catch (std::exception const& e) {
    if (!std::exchange(has_warned_, true)) log::rank().warn("{}; other jobs may take this one for gone", e.what());
  }
}

}  // namespace apq::job
