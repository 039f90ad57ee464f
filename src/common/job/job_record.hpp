#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "common/core/enum_names.hpp"
#include "common/core/record_file.hpp"
#include "common/job/process.hpp"

namespace apq::job {

inline constexpr RecordFormat job_format{"apq job", 1, "it may be removed when the job has ended"};

enum class JobState {
  running,
  ended,    ///< did what it was asked for
  stopped,  ///< was told to stop, or its time was up
  failed
};
inline constexpr EnumNames<JobState, 4> job_state_names(
    {{JobState::running, "running"}, {JobState::ended, "ended"}, {JobState::stopped, "stopped"}, {JobState::failed, "failed"}});

/// A job that works on a study, as it last told itself: the heartbeat, what `apq status` shows, and an account of what is not in the
/// ledger yet. Rewritten every few seconds with a greater counter. Figures that are not known are NaN here and null in the file.
struct JobRecord {
  std::string token;         ///< 32 hex digits, the job's own (random_token); its file is jobs/TOKEN.json
  Process process;           ///< of root
  std::string scheduler_id;  ///< "slurm 1234", "pbs 77.server"; empty: no scheduler started it
  std::string started;       ///< UTC, ISO 8601
  std::uint64_t counter = 0;
  JobState state = JobState::running;
  int ranks = 1;
  std::string stage;           ///< the one it works on or waits for, empty: none yet
  std::string waits_for;       ///< whom it waits for, empty: it works
  std::uint64_t rows = 0;      ///< that root's node labelled in the stage
  std::uint64_t wanted = 0;    ///< rows that the stage asks for, whoever labels them
  std::uint64_t failures = 0;  ///< samples of the stage that failed on root's node
  double rows_per_second = std::numeric_limits<double>::quiet_NaN();
  double core_seconds = 0;                                   ///< of all ranks in this stage, not in the ledger yet
  double joules = std::numeric_limits<double>::quiet_NaN();  ///< likewise
};

/// A record of the calling process, started now, with a token of its own and the scheduler's job id from the environment. Local.
JobRecord new_job(int ranks);

std::filesystem::path job_file(std::filesystem::path const& jobs, std::string const& token);

/// Replaces jobs/TOKEN.json whole. @throws Error(io).
void write_job(std::filesystem::path const& jobs, JobRecord const& record);

/// @throws Error(data) naming a file that is no record, Error(io) when it is not there.
JobRecord read_job(std::filesystem::path const& file);

/// "n3, slurm 1234, train": who a job is, to people.
std::string described(JobRecord const& record);

struct Jobs {
  std::vector<JobRecord> records;    ///< in the order in which they started
  std::vector<std::string> damaged;  ///< what is wrong with a record that cannot be read, a sentence each; never an error
};

/// Every record of the directory; none where it is not there. Local.
Jobs read_jobs(std::filesystem::path const& jobs);

}  // namespace apq::job
