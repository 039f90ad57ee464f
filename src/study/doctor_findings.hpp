#pragma once

#include <optional>
#include <string>
#include <vector>

// What `apq doctor` says of what it found: no look at the machine here.
namespace apq::study {

struct Finding {
  enum class Status {
    ok,
    note,    ///< works, but read the advice
    missing  ///< a study will fail
  };
  Status status;
  std::string what, found;
  std::string advice = {};
};
using Status = Finding::Status;

/// What only all ranks together know.
struct JobShape {
  int ranks, nodes, most_ranks_on_a_node;
};

struct CoreCounts {
  int online, usable;  ///< on this node; of those, for this rank
};

struct MemoryLimits {
  double available;               ///< bytes
  std::optional<double> allowed;  ///< bytes, where the job's limit is below what is available
};

/// @param why_not  engine::why_not_onednn().
Finding engine_finding(std::string const& why_not);
/// A note where ranks, of a thread each, exceed the cores.
Finding cores_finding(JobShape const& job, CoreCounts const& cores);
/// A note where a rank of the quickstart, about 0.7 GiB, does not fit as often as a node has ranks, or nothing is known.
Finding memory_finding(JobShape const& job, std::optional<MemoryLimits> const& memory);
/// Missing below 0.1 GiB. @param free  bytes
Finding disk_finding(double free, std::string const& directory);

bool is_anything_missing(std::vector<Finding> const& findings);

/// A line a finding, its advice on another; or a JSON array.
std::string findings_table(std::vector<Finding> const& findings);
std::string findings_json(std::vector<Finding> const& findings);

}  // namespace apq::study
