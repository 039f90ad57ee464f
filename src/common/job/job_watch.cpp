#include "common/job/job_watch.hpp"

#include <chrono>
#include <memory>
#include <set>
#include <utility>

#include "common/core/error.hpp"
#include "common/core/log.hpp"

namespace apq::job {
namespace {

double steady_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

JobWatch::Reader reader_of(std::filesystem::path const& jobs) {
  auto const told = std::make_shared<std::set<std::string>>();
  return [jobs, told](std::string const& token) -> std::optional<JobRecord> {
    try {
      return read_job(job_file(jobs, token));
    } catch (Error const& e) {
      if (e.code() == Errc::data && told->insert(token).second) log::root().warn("{}", e.what());
      return std::nullopt;
    }
  };
}

}  // namespace

JobWatch::JobWatch(std::filesystem::path const& jobs, double expiry) : JobWatch(expiry, reader_of(jobs), steady_seconds) {}

JobWatch::JobWatch(double expiry, Reader reader, Clock clock) : expiry_(expiry), read_(std::move(reader)), now_(std::move(clock)) {}

bool JobWatch::is_gone(std::string const& token) {
  auto record = read_(token);
  if (record && (record->state != JobState::running || has_ended(record->process))) {
    seen_[token] = {record->counter, now_(), std::move(record)};
    return true;
  }
  return stands_still(token, std::move(record));
}

bool JobWatch::is_gone(HeldBy const& holder) {
  if (holder.is_released) return true;
  return holder.job.empty() ? stands_still(holder.file.string(), std::nullopt) : is_gone(holder.job);
}

std::optional<JobRecord> JobWatch::last_seen(std::string const& token) const {
  auto const found = seen_.find(token);
  return found == seen_.end() ? std::nullopt : found->second.record;
}

bool JobWatch::stands_still(std::string const& name, std::optional<JobRecord> record) {
  auto const counter = record ? std::optional(record->counter) : std::nullopt;
  auto const now = now_();
  auto const [seen, is_first] = seen_.try_emplace(name, Seen{counter, now, {}});
  if (!is_first && seen->second.counter != counter) seen->second = {counter, now, {}};
  seen->second.record = std::move(record);
  return now - seen->second.since >= expiry_;
}

}  // namespace apq::job
