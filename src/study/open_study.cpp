#include "study/open_study.hpp"

#include <charconv>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/stop_request.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::study {
namespace fs = std::filesystem;
namespace {

std::string value_in(Settings const& settings, std::string const& key) {
  auto const found = settings.find(key);
  return found == settings.end() ? "nothing" : found->second;
}

bool is_more(std::string const& before, std::string const& now) {
  auto const number = [](std::string const& text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  return number(now) > number(before);
}

bool may_grow(std::string const& key) { return key == "collect.fp.samples" || key == "collect.quant.samples"; }

// True when the job shows that it is there, false when it is gone. One that works beats every few seconds.
bool still_works(job::JobWatch& watch, job::JobRecord const& seen) {
  auto const begin = std::chrono::steady_clock::now();
  bool is_told = false;
  while (!watch.is_gone(seen.token)) {
    auto const now = watch.last_seen(seen.token);
    if (now && now->counter != seen.counter) return true;
    throw_if_stopping("admission");
    if (!is_told && std::chrono::steady_clock::now() - begin > std::chrono::seconds(10)) {
      log::root().info("waits to see whether {} still works here", job::described(seen));
      is_told = true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

// @param mine  this job's token, where it has joined the study
void admit_beside_others(Experiment const& e, Settings const& now, std::string const& mine) {
  auto const file = e.layout.config();
  std::error_code ec;
  if (!fs::exists(file, ec)) return;
  auto const text = read_file(file);
  if (text == e.resolved) return;
  auto const before = settings_of(text, file.string());
  job::JobWatch watch(e.layout.jobs(), e.jobs.expiry_s);
  for (auto const& other : job::read_jobs(e.layout.jobs()).records) {
    if (other.state != job::JobState::running || other.token == mine) continue;
    auto const conflict = conflict_beside(before, now, other.stage);
    if (!conflict.empty() && still_works(watch, other))
      throw Error(Errc::data, fmt::format("{}: {} works here with {}; wait for it, or choose another study.dir", file.string(),
                                          job::described(other), conflict));
  }
}

}  // namespace

std::string conflict_beside(Settings const& before, Settings const& now, std::string const& stage) {
  // What oneDNN was told cannot be taken back: a job has it from its beginning.
  if (std::string const key = "evaluator.instructions"; value_in(before, key) != value_in(now, key))
    return fmt::format("{} = {}, not {}", key, value_in(before, key), value_in(now, key));
  for (auto const& row : stages_of(before)) {
    if (row.takes_what_is_there) break;  // a report shows whatever there is
    auto const were = selected(before, row.settings), are = selected(now, row.settings);
    for (auto const* const part : {&were, &are})
      for (auto const& [key, unused] : *part) {
        auto const then = value_in(were, key), value = value_in(are, key);
        if (then != value && !(may_grow(key) && is_more(then, value))) return fmt::format("{} = {}, not {}", key, then, value);
      }
    if (row.name == stage || stage.empty()) break;
  }
  return {};
}

void open_study(StudyRun& run) {
  auto const& e = run.experiment;
  mpi::collectively(run.comm, [&] {
    if (run.comm.is_root()) admit_beside_others(e, run.settings, "");
  });
  run.join();
  mpi::collectively(run.comm, [&] {
    if (!run.comm.is_root()) return;
    auto const file = e.layout.config();
    // Another job may have begun the study since, on processors of another kind.
    if (create_file(file, e.resolved) || read_file(file) == e.resolved) return;
    admit_beside_others(e, run.settings, run.job().token());
    replace_file(file, e.resolved);
  });
}

}  // namespace apq::study
