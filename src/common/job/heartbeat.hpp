#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "common/job/job_record.hpp"

namespace apq::job {

/// Rewrites a job's record every few seconds with a greater counter, from a thread of its own that gets no signals and uses no MPI, for as
/// long as the process runs: one that is stopped (SIGSTOP), hangs in the kernel or is gone does not beat. A record that cannot be written
/// is told once and tried again: others may then take the job for gone, which costs work and nothing else.
class JobHeartbeat {
 public:
  /// Begins with writing `record`, so that whatever the job claims after it has a heartbeat. @throws Error(io).
  /// @param interval  s
  JobHeartbeat(std::filesystem::path jobs, JobRecord record, double interval);
  /// Without `end` the job counts as failed.
  ~JobHeartbeat();
  JobHeartbeat(JobHeartbeat const&) = delete;
  JobHeartbeat& operator=(JobHeartbeat const&) = delete;

  std::string const& token() const { return token_; }

  /// Changes figures; others see them at the next beat. May be called by any thread.
  void set(std::function<void(JobRecord&)> const& change);
  /// Called by the heartbeat's thread before each beat, for figures that nobody tells; none: empty. Must not throw.
  void refresh_with(std::function<void(JobRecord&)> refresh);
  JobRecord record() const;
  /// Writes the record now, for what others should see at once. Any thread. Never throws.
  void beat();

  /// Writes the last record; nothing beats after it. Never throws.
  void end(JobState state);
  /// Removes the record instead: of a job that claimed nothing.
  void withdraw();

 private:
  void run();
  void stop();
  std::filesystem::path const jobs_;
  std::string const token_;
  double const interval_;
  std::mutex writing_;  // one beat after the other
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  JobRecord record_;
  std::function<void(JobRecord&)> refresh_;
  bool is_ending_ = false, has_warned_ = false;
  std::thread thread_;
};

}  // namespace apq::job
