#include "common/job/job_record.hpp"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/random_token.hpp"
#include "common/core/utc_time.hpp"

namespace apq::job {
namespace fs = std::filesystem;
namespace {

std::string scheduler_id() {
  struct {
    char const *name, *variable;
  } const schedulers[] = {{"slurm", "SLURM_JOB_ID"}, {"pbs", "PBS_JOBID"}};
  for (auto const& s : schedulers)
    if (char const* const id = std::getenv(s.variable); id != nullptr && *id != '\0') return fmt::format("{} {}", s.name, id);
  return {};
}

}  // namespace

JobRecord new_job(int ranks) {
  JobRecord record;
  record.token = random_token();
  record.process = this_process();
  record.scheduler_id = scheduler_id();
  record.started = utc_now();
  record.ranks = ranks;
  return record;
}

fs::path job_file(fs::path const& jobs, std::string const& token) { return jobs / (token + ".json"); }

void write_job(fs::path const& jobs, JobRecord const& r) {
  write_record(job_file(jobs, r.token), job_format,
               {{"token", r.token},
                {"host", r.process.host},
                {"process_table", r.process.table},
                {"pid", r.process.pid},
                {"process_start", r.process.start},
                {"scheduler_id", r.scheduler_id},
                {"started", r.started},
                {"counter", r.counter},
                {"state", job_state_names(r.state)},
                {"ranks", r.ranks},
                {"stage", r.stage},
                {"waits_for", r.waits_for},
                {"rows", r.rows},
                {"wanted", r.wanted},
                {"failures", r.failures},
                {"rows_per_second", number_or_null(r.rows_per_second)},
                {"core_seconds", number_or_null(r.core_seconds)},
                {"joules", number_or_null(r.joules)}});
}

JobRecord read_job(fs::path const& file) {
  JobRecord r;
  read_record(file, job_format, [&](Json const& json) {
    json.at("token").get_to(r.token);
    json.at("host").get_to(r.process.host);
    json.at("process_table").get_to(r.process.table);
    r.process.pid = whole_number<int>(json.at("pid"));
    r.process.start = whole_number<std::uint64_t>(json.at("process_start"));
    json.at("scheduler_id").get_to(r.scheduler_id);
    json.at("started").get_to(r.started);
    r.counter = whole_number<std::uint64_t>(json.at("counter"));
    auto const state = job_state_names.find(json.at("state").get<std::string>());
    if (!state) throw Error(Errc::data, fmt::format("state {} is none", json.at("state").dump()));
    r.state = *state;
    r.ranks = whole_number<int>(json.at("ranks"));
    json.at("stage").get_to(r.stage);
    json.at("waits_for").get_to(r.waits_for);
    r.rows = whole_number<std::uint64_t>(json.at("rows"));
    r.wanted = whole_number<std::uint64_t>(json.at("wanted"));
    r.failures = whole_number<std::uint64_t>(json.at("failures"));
    r.rows_per_second = number_or_nan(json.at("rows_per_second"));
    r.core_seconds = number_or_nan(json.at("core_seconds"));
    r.joules = number_or_nan(json.at("joules"));
  });
  return r;
}

std::string described(JobRecord const& r) {
  auto text =
      r.process.host.empty() ? fmt::format("process {}", r.process.pid) : fmt::format("{}, process {}", r.process.host, r.process.pid);
  if (!r.scheduler_id.empty()) text += ", " + r.scheduler_id;
  if (!r.stage.empty()) text += ", " + r.stage;
  return text;
}

Jobs read_jobs(fs::path const& jobs) {
  Jobs result;
  std::error_code ec;
  for (fs::directory_iterator entry(jobs, ec), end; !ec && entry != end; entry.increment(ec)) {
    if (entry->path().extension() != ".json") continue;
    try {
      result.records.push_back(read_job(entry->path()));
    } catch (Error const& e) {
      result.damaged.emplace_back(e.what());
    }
  }
  std::sort(result.records.begin(), result.records.end(),
            [](JobRecord const& a, JobRecord const& b) { return std::pair(a.started, a.token) < std::pair(b.started, b.token); });
  return result;
}

}  // namespace apq::job
