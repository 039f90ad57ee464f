#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "common/job/claim.hpp"
#include "common/job/job_record.hpp"

namespace apq::job {

/// Tells jobs that are gone from jobs that work, without any two clocks being compared: a job is gone when its counter has stood still for
/// `expiry` seconds of the watcher's own clock, counted from the watcher's first look; at once when its record says that it has ended, or
/// its process counts where the watcher's does and is not there. A job that goes on after it was stopped is no longer gone. Not
/// thread-safe.
class JobWatch {
 public:
  using Clock = std::function<double()>;                                             ///< s, never falls
  using Reader = std::function<std::optional<JobRecord>(std::string const& token)>;  ///< absent: no record that can be read

  /// Watches jobs/TOKEN.json by the steady clock. A record that cannot be read is told once.
  JobWatch(std::filesystem::path const& jobs, double expiry);
  JobWatch(double expiry, Reader reader, Clock clock);

  /// Looks at the job's record now. One without a record counts as one that stands still.
  bool is_gone(std::string const& token);
  /// The same of a claim's holder; a holder that is not known is gone `expiry` seconds after the watcher first saw the claim.
  bool is_gone(HeldBy const& holder);

  /// As last read; absent: there was no record.
  std::optional<JobRecord> last_seen(std::string const& token) const;

 private:
  struct Seen {
    std::optional<std::uint64_t> counter;
    double since;
    std::optional<JobRecord> record;
  };
  bool stands_still(std::string const& name, std::optional<JobRecord> record);
  double const expiry_;
  Reader const read_;
  Clock const now_;
  std::map<std::string, Seen> seen_;
};

}  // namespace apq::job
