#pragma once

#include <filesystem>
#include <optional>

namespace apq {

/// Bytes that this process and those in its control group may still take before the kernel kills one of them: the least of what is left in
/// the group and in those around it (control groups of version 1 and 2). Absent where none is limited.
/// @param root  of the file system, for tests.
std::optional<double> memory_left_in_cgroup(std::filesystem::path const& root = "/");

/// Bytes that the kernel says can be taken without swapping (/proc/meminfo); absent where it does not say.
std::optional<double> memory_available(std::filesystem::path const& root = "/");

}  // namespace apq
