#include "study/stage_guard.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <variant>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/stop_request.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::study {
namespace {

std::string who_holds(job::HeldBy const& held, StudyJob& job) {
  if (auto const record = held.job.empty() ? std::nullopt : job.watch().last_seen(held.job)) return job::described(*record);
  return held.host.empty() ? fmt::format("a job that does not say who it is ({})", held.file.string()) : held.host;
}

// Claims, or waits until it can. On root.
std::uint64_t claim(std::filesystem::path const& stem, std::string const& stage, StudyJob& job) {
  std::string told;
  auto pause = std::chrono::milliseconds(50);
  auto const longest = std::chrono::milliseconds(static_cast<int>(std::clamp(250 * job.config.expiry_s, 100.0, 2000.0)));
  for (;;) {
    auto const claim = job::claim_next(stem, job.claimant(), [&](job::HeldBy const& held) {
      bool const is_gone = job.watch().is_gone(held);
      if (is_gone && !held.is_released) log::root().warn("{}: {} is gone; this job takes over", stage, who_holds(held, job));
      return is_gone;
    });
    if (auto const* const mine = std::get_if<job::Claimed>(&claim)) {
      job.wait_for({});
      return mine->generation;
    }
    auto const holder = who_holds(std::get<job::HeldBy>(claim), job);
    if (told != holder && pause == longest) {
      log::root().info("{}: waits for {}", stage, holder);
      told = holder;
    }
    job.wait_for(holder);
    if (pause == longest) throw_if_stopping(stage);  // the ledger is another job's for moments
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, longest);
  }
}

}  // namespace

StageGuard::StageGuard(StudyJob& job, std::string const& stage) : job_(job), stem_(job.layout.stage_claim(stage)) {
  mpi::collectively(job.comm, [&] {
    if (job.comm.is_root()) generation_ = claim(stem_, stage, job);
  });
}

StageGuard::~StageGuard() {
  if (!job_.comm.is_root()) return;
  try {
    job::release(stem_, generation_, job_.claimant());
  } catch (Error const& e) {
    log::root().warn("{}; others wait until this job ends", e.what());
  }
}

}  // namespace apq::study
