#include "study/study_view.hpp"

#include <cmath>

#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/energy/journal.hpp"
#include "common/job/job_config.hpp"

namespace apq::study {
namespace {

double expiry_of(StudyLayout const& layout) {
  try {
    return job::read_job_config(Config::load(layout.config()).section("jobs", {"Jobs that work on one study at once"})).expiry_s;
  } catch (Error const&) {
    return job::JobConfig{}.expiry_s;  // whoever reads the study says what is wrong with its configuration
  }
}

double added(double sum, double value) { return std::isnan(sum) ? value : sum + value; }

void add_job(StageProgress& p, JobStatus const& job) {
  auto const& r = job.record;
  if (r.core_seconds > 0) {
    p.core_h = added(p.core_h, r.core_seconds / 3600);
    if (std::isfinite(r.joules)) p.kwh = added(p.kwh, r.joules / energy::joules_per_kwh);
    p.is_provisional = true;
  }
  if (job.life != JobLife::works) return;
  ++p.jobs;
  p.failures += r.failures;
  if (std::isfinite(r.rows_per_second)) p.rows_per_second += r.rows_per_second;
}

}  // namespace

double StageProgress::remaining_seconds() const {
  auto const ended = rows + unlabelled.count;
  if (ended >= status.wanted) return status.collects() ? 0 : std::numeric_limits<double>::quiet_NaN();
  return rows_per_second > 0 ? static_cast<double>(status.wanted - ended) / rows_per_second : std::numeric_limits<double>::quiet_NaN();
}

StudyView::StudyView(StudyLayout const& layout) : layout_(layout), jobs_(layout.jobs(), expiry_of(layout)) {}

StudyProgress StudyView::look() {
  StudyProgress progress;
  auto stages = status_of(layout_);
  progress.jobs = jobs_.look(progress.warnings);
  for (auto& status : stages) {
    StageProgress p;
    if (status.rows) p.rows = *status.rows;
    else if (status.collects())
      p.rows = rows_.try_emplace(status.stage, layout_.shards(status.collected())).first->second.look(status.wanted);
    if (status.collects()) p.unlabelled = unlabelled_samples(layout_, status.collected());
    if (status.core_h) p.core_h = *status.core_h;
    if (status.kwh) p.kwh = *status.kwh;
    for (auto const& job : progress.jobs)
      if (job.record.stage == status.stage) add_job(p, job);
    p.status = std::move(status);
    progress.stages.push_back(std::move(p));
  }
  return progress;
}

std::string progress_table(StudyProgress const& progress) {
  auto const line = [](auto const&... cells) {
    return fmt::format("{:<14} {:<8} {:>15} {:>5} {:>9} {:>8} {:>21} {:>9} {:>10}\n", cells...);
  };
  auto text = line("stage", "state", "rows", "jobs", "rows/s", "ends in", "finished", "core h", "kWh");
  for (auto const& p : progress.stages) {
    auto const& s = p.status;
    auto const cost = [&](double value) {
      return std::isfinite(value) ? fmt::format("{}{:.4g}", p.is_provisional ? "~" : "", value) : std::string("-");
    };
    bool const is_on = s.collects() && p.jobs > 0;
    text += line(s.stage, stage_condition_names(s.condition), s.collects() ? fmt::format("{} of {}", p.rows, s.wanted) : "-",
                 p.jobs > 0 ? std::to_string(p.jobs) : "-", p.rows_per_second > 0 ? fmt::format("{:.3g}", p.rows_per_second) : "-",
                 is_on ? duration_text(p.remaining_seconds()) : "-", s.finished.empty() ? "-" : s.finished, cost(p.core_h), cost(p.kwh));
    for (auto const& why : s.why) text += fmt::format("{:<14} {}\n", "", why);
    if (p.unlabelled.count > 0) text += fmt::format("{:<14} {}\n", "", p.unlabelled.sentence);
    if (p.failures > 0) text += fmt::format("{:<14} {} samples failed\n", "", p.failures);
  }
  if (auto const jobs = jobs_table(progress.jobs); !jobs.empty()) text += "\n" + jobs;
  for (auto const& warning : progress.warnings) text += warning + "\n";
  return text;
}

std::string progress_json(StudyProgress const& progress) {
  auto stages = Json::array();
  for (auto const& p : progress.stages) {
    auto const& s = p.status;
    Json entry{{"stage", s.stage}, {"state", stage_condition_names(s.condition)}, {"why", s.why}};
    entry["finished"] = s.finished.empty() ? Json() : Json(s.finished);
    if (s.collects())
      entry.update({{"rows", p.rows},
                    {"wanted", s.wanted},
                    {"rows_per_second", p.rows_per_second},
                    {"remaining_s", number_or_null(p.remaining_seconds())},
                    {"failures", p.failures},
                    {"quarantined", p.unlabelled.count}});
    entry.update(
        {{"jobs", p.jobs}, {"core_h", number_or_null(p.core_h)}, {"kwh", number_or_null(p.kwh)}, {"is_provisional", p.is_provisional}});
    stages.push_back(std::move(entry));
  }
  return Json{{"stages", stages}, {"jobs", jobs_json(progress.jobs)}, {"warnings", progress.warnings}}.dump(1) + "\n";
}

}  // namespace apq::study
