#include "common/core/memory_limit.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace apq {
namespace fs = std::filesystem;
namespace {

// The number that a file holds alone; absent for "max".
std::optional<double> number_in(fs::path const& file) {
  std::ifstream in(file);
  double value = 0;
  if (!(in >> value)) return std::nullopt;
  return value;
}

// Version 1 says "no limit" by a number near 2^63.
constexpr double no_limit = 9e18;

struct Hierarchy {
  fs::path mount;            // where the groups are
  std::string group;         // of this process, "/a/b"
  char const *limit, *used;  // names of files
};

std::optional<double> least_left(Hierarchy const& h) {
  std::optional<double> least;
  auto const look = [&](fs::path const& directory) {
    auto const limit = number_in(directory / h.limit);
    if (!limit || *limit >= no_limit) return;
    double const left = std::max(0.0, *limit - number_in(directory / h.used).value_or(0));
    least = std::min(least.value_or(left), left);
  };
  // In a container the mount may begin at the group itself, whose path is then not there.
  for (fs::path group = h.group; group.has_relative_path(); group = group.parent_path()) look(h.mount / group.relative_path());
  look(h.mount);
  return least;
}

}  // namespace

std::optional<double> memory_left_in_cgroup(fs::path const& root) {
  std::optional<double> least;
  std::ifstream in(root / "proc/self/cgroup");  // "ID:CONTROLLERS:PATH"; version 2 has ID 0 and no controllers
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string id, controllers, path;
    if (!std::getline(fields, id, ':') || !std::getline(fields, controllers, ':') || !std::getline(fields, path)) continue;
    std::optional<double> left;
    if (controllers.empty()) left = least_left({root / "sys/fs/cgroup", path, "memory.max", "memory.current"});
    else if (("," + controllers + ",").find(",memory,") != std::string::npos)
      left = least_left({root / "sys/fs/cgroup/memory", path, "memory.limit_in_bytes", "memory.usage_in_bytes"});
    if (left) least = std::min(least.value_or(*left), *left);
  }
  return least;
}

std::optional<double> memory_available(fs::path const& root) {
  std::ifstream in(root / "proc/meminfo");
  for (std::string word; in >> word;) {
    double kib = 0;
    if (word == "MemAvailable:" && in >> kib) return kib * 1024;
  }
  return std::nullopt;
}

}  // namespace apq
