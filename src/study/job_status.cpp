#include "study/job_status.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "study/file_digest.hpp"

namespace apq::study {
namespace {

double steady_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double age_of(std::filesystem::path const& file) {
  auto const state = state_of(file);
  return state ? std::max(0.0, 1e-9 * static_cast<double>(now_ns() - state->modified_ns)) : 0.0;
}

JobLife life_of_ended(job::JobState state) {
  return state == job::JobState::ended ? JobLife::ended : state == job::JobState::stopped ? JobLife::stopped : JobLife::failed;
}

}  // namespace

JobsView::JobsView(std::filesystem::path jobs, double expiry)
    : jobs_(std::move(jobs)),
      expiry_(expiry),
      watch_(
          expiry,
          [this](std::string const& token) {
            auto const found = now_.find(token);
            return found == now_.end() ? std::nullopt : std::optional(found->second);
          },
          steady_seconds) {}

std::vector<JobStatus> JobsView::look(std::vector<std::string>& damaged) {
  auto jobs = job::read_jobs(jobs_);
  damaged = std::move(jobs.damaged);
  now_.clear();
  std::vector<JobStatus> result;
  for (auto& record : jobs.records) {
    auto const& r = now_[record.token] = std::move(record);
    auto const age = age_of(job::job_file(jobs_, r.token));
    bool const has_beaten = first_counters_.try_emplace(r.token, r.counter).first->second != r.counter;
    bool const stands_still = watch_.is_gone(r.token) || (!has_beaten && age > expiry_);
    auto const life = r.state != job::JobState::running ? life_of_ended(r.state)
                      : job::has_ended(r.process)       ? JobLife::gone
                      : stands_still                    ? JobLife::silent
                      : r.waits_for.empty()             ? JobLife::works
                                                        : JobLife::waits;
    result.push_back({r, life, age});
  }
  return result;
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds)) return "-";
  if (seconds < 100) return fmt::format("{:.0f} s", seconds);
  if (seconds < 6000) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{:.1f} h", seconds / 3600);
  return fmt::format("{:.1f} d", seconds / 86400);
}

std::string jobs_table(std::vector<JobStatus> const& jobs) {
  if (jobs.empty()) return {};
  std::map<JobLife, int> counts;
  for (auto const& job : jobs) ++counts[job.life];
  std::vector<std::string> summary;
  for (auto const& [life, count] : counts) summary.push_back(fmt::format("{} {}", count, job_life_names(life)));
  auto const line = [](auto const&... cells) {
    return fmt::format("{:<16} {:>8} {:<14} {:<8} {:<14} {:>6} {:>9} {:>9} {:>9}  {}\n", cells...);
  };
  auto text = fmt::format("jobs: {}\n", fmt::join(summary, ", "));
  text += line("host", "process", "scheduler", "state", "stage", "ranks", "rows", "rows/s", "last seen", "");
  constexpr std::size_t past_ones_shown = 5;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    auto const& [r, life, silent_s] = jobs[i];
    bool const is_open = jobs[i].is_at_work() || life == JobLife::silent;
    if (!is_open && i + past_ones_shown < jobs.size()) continue;
    auto const rate = is_open && std::isfinite(r.rows_per_second) ? fmt::format("{:.3g}", r.rows_per_second) : std::string("-");
    text += line(r.process.host, r.process.pid, r.scheduler_id.empty() ? "-" : r.scheduler_id, job_life_names(life),
                 r.stage.empty() ? "-" : r.stage, r.ranks, r.rows, rate, duration_text(silent_s),
                 life == JobLife::waits ? "for " + r.waits_for : std::string());
  }
  return text;
}

Json jobs_json(std::vector<JobStatus> const& jobs) {
  auto json = Json::array();
  for (auto const& [r, life, silent_s] : jobs)
    json.push_back({{"token", r.token},
                    {"host", r.process.host},
                    {"pid", r.process.pid},
                    {"scheduler_id", r.scheduler_id},
                    {"started", r.started},
                    {"state", job_life_names(life)},
                    {"silent_s", silent_s},
                    {"stage", r.stage},
                    {"waits_for", r.waits_for},
                    {"ranks", r.ranks},
                    {"rows", r.rows},
                    {"failures", r.failures},
                    {"rows_per_second", number_or_null(r.rows_per_second)},
                    {"core_seconds", number_or_null(r.core_seconds)},
                    {"joules", number_or_null(r.joules)}});
  return json;
}

}  // namespace apq::study
