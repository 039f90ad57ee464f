#pragma once

#include <cstdint>
#include <string>

#include "study/study_job.hpp"

namespace apq::study {

/// This job's claim on a stage, so that one job at a time does it; given back at the end of the scope. While another job has the claim it
/// waits, and says for whom; it takes over from one that is gone.
class StageGuard {
 public:
  /// Collective. `job` must outlive it. @throws Error(stopped) when the job is asked to stop while it waits; Error(io).
  StageGuard(StudyJob& job, std::string const& stage);
  ~StageGuard();
  StageGuard(StageGuard const&) = delete;
  StageGuard& operator=(StageGuard const&) = delete;

 private:
  StudyJob& job_;
  std::filesystem::path const stem_;
  std::uint64_t generation_ = 0;
};

}  // namespace apq::study
