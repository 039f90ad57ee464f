#pragma once

#include <filesystem>
#include <optional>

namespace apq::energy {

/// User and system time of the calling process, all threads, s. Local.
double processor_seconds();

/// The same of another process of this table of processes; absent when there is none of that id. Local.
std::optional<double> processor_seconds(int process);

/// The table of processes that ids count in (its namespace), to tell whether another process's id means anything here; 0: not known.
std::uint64_t process_table();

/// What the kernel says of the node's processors since the boot.
struct NodeTime {
  double busy_s = 0;   ///< all but idle and waiting for disks, in ticks of 10 ms
  int processors = 0;  ///< that are on
};
/// @param stat  /proc/stat. Absent where it cannot be read as such.
std::optional<NodeTime> node_time(std::filesystem::path const& stat);

}  // namespace apq::energy
