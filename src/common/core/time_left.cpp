#include "common/core/time_left.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "common/core/command_answer.hpp"

namespace apq {
namespace {

bool is_without_end(std::string_view text) { return text == "UNLIMITED" || text == "NOT_SET" || text == "Partition_Limit"; }

// The value of KEY=VALUE among words.
std::string_view field(std::string_view text, std::string_view key) {
  auto const at = text.find(key);
  if (at == std::string_view::npos) return {};
  auto const value = text.substr(at + key.size());
  return value.substr(0, value.find_first_of(" \n"));
}

// Absent: no answer that can be understood.
std::optional<TimeLeft> by_squeue(std::string const& job, std::string& trouble) {
  auto const answer = answer_of("squeue -h -j " + job + " -o %L");
  if (answer.status == 0 && is_without_end(answer.text)) return TimeLeft{};
  auto const seconds = parse_duration(answer.text);
  if (answer.status == 0 && seconds) return TimeLeft{seconds, "squeue", {}};
  trouble = fmt::format("squeue: status {}, \"{}\"", answer.status, answer.text);
  return std::nullopt;
}

std::optional<TimeLeft> by_scontrol(std::string const& job, std::string& trouble) {
  auto const answer = answer_of("scontrol show job " + job);
  auto const limit = field(answer.text, "TimeLimit="), used = field(answer.text, "RunTime=");
  if (answer.status == 0 && is_without_end(limit)) return TimeLeft{};
  auto const all = parse_duration(limit), passed = parse_duration(used);
  if (answer.status == 0 && all && passed) return TimeLeft{std::max(0.0, *all - *passed), "scontrol", {}};
  trouble += fmt::format("; scontrol: status {}", answer.status);
  return std::nullopt;
}

std::string number_in(char const* variable) {
  char const* const value = std::getenv(variable);
  std::string const number = value == nullptr ? "" : value;
  return number.find_first_not_of("0123456789") == std::string::npos ? number : "";
}

// Slurm's name of this job; empty: there is none. The last task of an array has the array's own number, which stands for all its tasks.
std::string slurm_job() {
  auto const array = number_in("SLURM_ARRAY_JOB_ID"), task = number_in("SLURM_ARRAY_TASK_ID");
  return array.empty() || task.empty() ? number_in("SLURM_JOB_ID") : array + "_" + task;
}

}  // namespace

std::optional<double> parse_duration(std::string_view text) {
  auto const number = [](std::string_view part) -> std::optional<double> {
    unsigned value = 0;
    auto const [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size()) return std::nullopt;
    return value;
  };
  double days = 0;
  auto const dash = text.find('-');
  if (dash != std::string_view::npos) {
    auto const before = number(text.substr(0, dash));
    if (!before) return std::nullopt;
    days = *before;
    text.remove_prefix(dash + 1);
  }
  std::vector<double> parts;
  for (;;) {
    auto const colon = text.find(':');
    auto const part = number(text.substr(0, colon));
    if (!part) return std::nullopt;
    parts.push_back(*part);
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
  }
  if (parts.size() > 3 || (dash != std::string_view::npos && parts.size() != 3)) return std::nullopt;
  double seconds = 0;
  for (double const part : parts) seconds = 60 * seconds + part;
  return 86400 * days + seconds;
}

TimeLeft time_left_of_job() {
  auto const job = slurm_job();
  if (job.empty()) return {};
  std::string trouble;
  constexpr int tries = 3;
  for (int i = 0; i < tries; ++i) {
    if (i > 0) std::this_thread::sleep_for(std::chrono::seconds(1));
    if (auto const left = by_squeue(job, trouble)) return *left;
    if (auto const left = by_scontrol(job, trouble)) return *left;
  }
  return {std::nullopt, {}, fmt::format("Slurm does not say when job {} ends ({})", job, trouble)};
}

}  // namespace apq
