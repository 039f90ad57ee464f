#include "study/doctor_findings.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace apq::study {
namespace {

constexpr double gib = 1024.0 * 1024 * 1024;
constexpr char const* status_names[] = {"ok", "note", "missing"};
constexpr double bytes_per_rank = 0.7 * gib;  // LibTorch and the quickstart's decoded images

}  // namespace

Finding engine_finding(std::string const& why_not) {
  if (why_not.empty())
    return {Status::ok, "evaluator.engine", "auto: onednn (the processor has exact 8-bit products; quantised layers run in integers)"};
  return {Status::note, "evaluator.engine", fmt::format("auto: reference (LibTorch): {}", why_not),
          "slower; labels depend on the engine, so that a study cannot go on with another one elsewhere"};
}

Finding cores_finding(JobShape const& job, CoreCounts const& cores) {
  auto const found = fmt::format("{} on this node, {} for this rank, which runs one thread", cores.online, cores.usable);
  if (job.most_ranks_on_a_node > cores.online)
    return {Status::note, "cores", found,
            fmt::format("{} ranks share {} cores; start at most {} ranks per node", job.most_ranks_on_a_node, cores.online, cores.online)};
  return {Status::ok, "cores", found};
}

Finding memory_finding(JobShape const& job, std::optional<MemoryLimits> const& memory) {
  if (!memory) return {Status::note, "memory", "unknown (/proc/meminfo is not readable)"};
  auto found = fmt::format("{:.1f} GiB available", memory->available / gib);
  if (memory->allowed) found += fmt::format(", {:.1f} GiB allowed to this job", *memory->allowed / gib);
  double const needed = bytes_per_rank * job.most_ranks_on_a_node;
  if (memory->allowed.value_or(memory->available) < needed)
    return {Status::note, "memory", found,
            fmt::format("{} ranks want about {:.1f} GiB; start fewer", job.most_ranks_on_a_node, needed / gib)};
  return {Status::ok, "memory", found};
}

Finding disk_finding(double free, std::string const& directory) {
  auto const found = fmt::format("{:.1f} GiB in {}", free / gib, directory);
  if (free < 0.1 * gib) return {Status::missing, "free disk", found, "a study needs 100 MB at least; free some or work elsewhere"};
  return {Status::ok, "free disk", found};
}

bool is_anything_missing(std::vector<Finding> const& findings) {
  return std::any_of(findings.begin(), findings.end(), [](Finding const& f) { return f.status == Status::missing; });
}

std::string findings_table(std::vector<Finding> const& findings) {
  std::string text;
  for (auto const& f : findings) {
    text += fmt::format("{:<8} {:<20} {}\n", status_names[static_cast<int>(f.status)], f.what, f.found);
    if (!f.advice.empty()) text += fmt::format("{:<8} {:<20} -> {}\n", "", "", f.advice);
  }
  return text;
}

std::string findings_json(std::vector<Finding> const& findings) {
  auto json = nlohmann::ordered_json::array();
  for (auto const& f : findings)
    json.push_back({{"check", f.what}, {"status", status_names[static_cast<int>(f.status)]}, {"found", f.found}, {"advice", f.advice}});
  return json.dump(1) + "\n";
}

}  // namespace apq::study
