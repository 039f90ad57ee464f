#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/job/job_record.hpp"
#include "common/job/job_watch.hpp"

namespace apq::study {

enum class JobLife {
  works,
  waits,   ///< for another job
  silent,  ///< says that it works, and has not beaten for longer than the expiry: others take over what it had begun
  gone,    ///< says that it works, and its process is not there
  ended,
  stopped,
  failed
};
inline constexpr EnumNames<JobLife, 7> job_life_names({{JobLife::works, "at work"},
                                                       {JobLife::waits, "waiting"},
                                                       {JobLife::silent, "silent"},
                                                       {JobLife::gone, "gone"},
                                                       {JobLife::ended, "ended"},
                                                       {JobLife::stopped, "stopped"},
                                                       {JobLife::failed, "failed"}});

struct JobStatus {
  job::JobRecord record;
  JobLife life;
  double silent_s;  ///< since its last beat, by the file's time and this machine's clock
  bool is_at_work() const { return life == JobLife::works || life == JobLife::waits; }
};

/// The jobs of a study, looked at once or again and again. At the first look the age of a record tells whether its job still beats, which
/// the clocks of two machines may be at odds about; from then on its counter does.
class JobsView {
 public:
  /// @param expiry  s
  JobsView(std::filesystem::path jobs, double expiry);
  /// In the order in which they started. @param damaged  gets a sentence for each record that cannot be read.
  std::vector<JobStatus> look(std::vector<std::string>& damaged);

 private:
  std::filesystem::path const jobs_;
  double const expiry_;
  std::map<std::string, job::JobRecord> now_;
  std::map<std::string, std::uint64_t> first_counters_;
  job::JobWatch watch_;
};

/// How many there are of each kind, then a line for each that works, waits or is silent, and for the latest of the others; empty without
/// jobs.
std::string jobs_table(std::vector<JobStatus> const& jobs);
Json jobs_json(std::vector<JobStatus> const& jobs);

/// "45 s", "12 min", "3.2 h", "2.1 d"; "-" where it is not known.
std::string duration_text(double seconds);

}  // namespace apq::study
