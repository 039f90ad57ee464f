#include "app/job_scope.hpp"

#include <chrono>
#include <limits>

#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/stop_request.hpp"
#include "common/core/time_left.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::app {
namespace {

// Infinity: no end is known.
double seconds_left(std::string const& given) {
  if (given.empty()) {
    auto const left = time_left_of_job();
    if (!left.trouble.empty()) log::root().warn("{}; going on as if it had no end: --time-left says it", left.trouble);
    if (left.seconds)
      log::root().info("the job ends in {:.0f} s ({}): nothing is begun that would take longer", *left.seconds, left.source);
    return left.seconds.value_or(std::numeric_limits<double>::infinity());
  }
  auto const seconds = parse_duration(given);
  if (!seconds) throw Error(Errc::config, "--time-left " + given + ": is neither seconds nor HH:MM:SS, D-HH:MM:SS");
  return *seconds;
}

}  // namespace

JobScope::JobScope(mpi::Communicator const& world, study::Experiment const& experiment, std::string const& time_left)
    : watch_(world, experiment.silent_seconds) {
  double seconds = 0;
  mpi::collectively(world, [&] {
    if (world.is_root()) seconds = seconds_left(time_left);
  });
  seconds = mpi::broadcast(world, std::vector{seconds}).front();
  if (seconds == std::numeric_limits<double>::infinity()) return;
  auto const left = std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds));
  set_deadline(std::chrono::steady_clock::now() + left, experiment.stop_margin_seconds);
}

JobScope::~JobScope() { set_deadline(std::nullopt); }

}  // namespace apq::app
