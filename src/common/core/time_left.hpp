#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace apq {

/// s before a job's known end by which everything is written, where the configuration does not say.
inline constexpr double usual_stop_margin = 60;

/// Seconds of "90", "1:30" (minutes), "04:00:00" (hours) or "2-12:00:00" (days), as schedulers write them; absent: it is none of these.
std::optional<double> parse_duration(std::string_view text);

/// What is known of when the job ends that this process belongs to.
struct TimeLeft {
  std::optional<double> seconds;  ///< absent: no end is known
  std::string source;             ///< "squeue", "scontrol"; empty: nobody was asked, or there is no end
  std::string trouble;            ///< why it is not known although there is a scheduler; empty: nothing is wrong
};

/// Asks Slurm where the process runs under it (SLURM_JOB_ID): `squeue`, then `scontrol`, three times, each with a time limit, so that this
/// takes half a minute at most. Starts processes: for one rank of a job. Local.
TimeLeft time_left_of_job();

}  // namespace apq
