#pragma once

#include <algorithm>

#include "common/core/config.hpp"

namespace apq::job {

/// Section `jobs` of an experiment: how the jobs that work on one study at once see each other.
struct JobConfig {
  double expiry_s = 600;  ///< a job whose heartbeat has stood still for so long is gone, and others do what it had claimed

  /// Between two beats. Several fit into the expiry, so that a slow file system loses one and not the job.
  double interval_s() const { return std::clamp(expiry_s / 10, 0.1, 5.0); }
};

inline JobConfig read_job_config(Config section) {
  JobConfig config;
  config.expiry_s = section.get_or<double>(
      "expiry", config.expiry_s, {0.5, 86'400.0},
      {"A job whose heartbeat has stood still for so long counts as gone: other jobs do what it had begun, which costs time and changes "
       "no result",
       "s"});
  return config;
}

}  // namespace apq::job
