#include "study/leftovers.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <vector>

#include "common/job/job_record.hpp"

namespace apq::study {
namespace fs = std::filesystem;
namespace {

void remove_partial_files(fs::path const& directory, fs::file_time_type now) {
  std::vector<fs::path> files;
  std::error_code ec;
  for (fs::directory_iterator entry(directory, ec), end; !ec && entry != end; entry.increment(ec)) {
    if (entry->path().extension() != ".partial") continue;
    std::error_code unknown;
    auto const changed = fs::last_write_time(entry->path(), unknown);
    if (!unknown && now - changed > std::chrono::duration<double>(partial_file_age)) files.push_back(entry->path());
  }
  for (auto const& file : files) fs::remove(file, ec);
}

void remove_job_records(fs::path const& jobs) {
  std::vector<std::string> ended;  // the earliest first
  for (auto const& record : job::read_jobs(jobs).records)
    if (record.state != job::JobState::running && record.core_seconds == 0) ended.push_back(record.token);
  std::error_code ec;
  for (std::size_t i = 0; i + job_records_kept < ended.size(); ++i) fs::remove(job::job_file(jobs, ended[i]), ec);
}

// Jobs that were killed count: whether they are gone takes long to tell.
bool others_work(fs::path const& jobs, std::string const& me) {
  auto const records = job::read_jobs(jobs).records;
  return std::any_of(records.begin(), records.end(),
                     [&](auto const& record) { return record.state == job::JobState::running && record.token != me; });
}

}  // namespace

void remove_leftovers(StudyLayout const& layout, fs::path const& now) {
  std::error_code ec;
  if (!others_work(layout.jobs(), now.stem().string()))
    for (char const* stage : {"fp", "quant"}) fs::remove_all(layout.claims(stage), ec);
  remove_job_records(layout.jobs());
  auto const time = fs::last_write_time(now, ec);
  if (ec) return;
  for (auto const& directory : {layout.root, layout.stamp("any").parent_path(), layout.winners(), layout.figures(), layout.jobs()})
    remove_partial_files(directory, time);
}

}  // namespace apq::study
