#include "common/mpi/turns.hpp"

#include <algorithm>
#include <vector>

#include "common/core/stop_request.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::mpi {
namespace {

constexpr double seconds_between = 0.2;

struct Vote {
  double step_seconds;
  int stops;
};

}  // namespace

std::string agreed_reason(Communicator const& comm, std::string const& mine) {
  auto const has_one = allgather<char>(comm, std::vector<char>{mine.empty() ? '\0' : '\1'});
  auto const first = std::find(has_one.begin(), has_one.end(), '\1');
  return first == has_one.end() ? std::string() : broadcast(comm, mine, static_cast<int>(first - has_one.begin()));
}

bool Turns::end_here() {
  auto const now = Clock::now();
  if (has_begun_) longest_ = std::max(longest_, std::chrono::duration<double>(now - last_).count());
  last_ = now;
  if (has_begun_ && ++since_ < stride_) return false;
  has_begun_ = true;
  since_ = 0;
  // Every rank sees the same votes, so that all count the same steps to the next ones.
  auto const reason = stop_reason(longest_ * stride_);
  Vote const mine{longest_, reason.empty() ? 0 : 1};
  auto const votes = allgather<Vote>(comm_, std::span(&mine, 1));
  double slowest = 0;
  for (auto const& vote : votes) slowest = std::max(slowest, vote.step_seconds);
  stride_ = slowest > 0 ? static_cast<int>(std::clamp(seconds_between / slowest, 1.0, 2.0 * stride_)) : 1;
  auto const first = std::find_if(votes.begin(), votes.end(), [](Vote const& v) { return v.stops != 0; });
  if (first == votes.end()) return false;
  reason_ = broadcast(comm_, reason, static_cast<int>(first - votes.begin()));
  return true;
}

CollectiveError Turns::stopped() const { return {Errc::stopped, stop_message(what_, reason_)}; }

}  // namespace apq::mpi
