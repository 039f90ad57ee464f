#include "collect/keeper_steps.hpp"

#include <algorithm>
#include <utility>

#include "common/core/error.hpp"
#include "common/core/log.hpp"

namespace apq::collect {
namespace {

// The time that a holder has whose job works: for what it had in hand, however unevenly samples take, and for writing it down.
constexpr double patience_in_samples = 3, least_patience = 2;
constexpr double short_sample = 0.5;
// A sample that takes so many times the timeout hangs: two attempts that were too late have not taken as long.
constexpr double hanging_in_timeouts = 3;
constexpr double least_suspension = 2;  // s more than a step takes

bool contains(std::vector<std::uint64_t> const& ids, std::uint64_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

}  // namespace

KeeperSteps::KeeperSteps(NodeQueue queue, BlockClaims& claims, BlockSearch::Options search, Options options, std::function<double()> clock)
    : queue_(queue),
      search_(claims, search),
      options_(std::move(options)),
      clock_(std::move(clock)),
      looked_(clock_() - 1e9),
      told_(looked_),
      stepped_(clock_()) {}

void KeeperSteps::finish() {
  queue_.end();
  queue_.empty();
  try {
    search_.release(queue_.open_ids());
  } catch (Error const& e) {
    log::rank().warn("{}; others wait until this job has ended", e.what());
  }
  options_.tell(queue_.counts(), {});
}

double KeeperSteps::until_next() const {
  bool const is_waiting = is_at_end_ || options_.sample_timeout > 0;
  return is_waiting ? std::clamp(options_.flush_seconds, 0.02, 0.5) : std::clamp(options_.flush_seconds, 0.1, 5.0);
}

double KeeperSteps::mean_seconds(NodeQueue::Counts const& counts) const {
  return counts.labelled > 0 ? counts.seconds / static_cast<double>(counts.labelled) : options_.sample_seconds;
}

double KeeperSteps::patience(NodeQueue::Counts const& counts) const {
  return std::max(least_patience, patience_in_samples * mean_seconds(counts) + options_.flush_seconds);
}

void KeeperSteps::look() {
  looked_ = clock_();
  queue_.settle_elsewhere(options_.look());
}

void KeeperSteps::fill(std::vector<std::uint64_t> ids) {
  if (options_.cost_of && !is_at_end_) {
    std::vector<std::pair<double, std::uint64_t>> dearest_first;
    for (auto const id : ids) dearest_first.emplace_back(-options_.cost_of(id), id);
    std::sort(dearest_first.begin(), dearest_first.end());
    std::transform(dearest_first.begin(), dearest_first.end(), ids.begin(), [](auto const& item) { return item.second; });
  }
  queue_.add(ids);
}

void KeeperSteps::look_for_hanging(NodeQueue::Counts const& counts) {
  if (options_.sample_timeout <= 0) return;
  auto const in_hand = queue_.in_hand();
  bool const is_last = counts.open + counts.queued == 0 && counts.idle + in_hand.size() >= counts.ranks;
  for (auto const& sample : in_hand) {
    double const seconds = clock_() - std::max(sample.since, resumed_);
    if (seconds < hanging_in_timeouts * options_.sample_timeout) continue;
    if (!contains(hanging_, sample.id)) {
      hanging_.push_back(sample.id);
      options_.hangs(sample, seconds, false);
    }
    bool const all_hang = std::all_of(in_hand.begin(), in_hand.end(), [&](auto const& other) { return contains(hanging_, other.id); });
    if (is_last && all_hang && !contains(killed_, sample.id)) {
      killed_.push_back(sample.id);
      options_.hangs(sample, seconds, true);
    }
  }
}

bool KeeperSteps::step() {
  auto const now = clock_();
  double const pause = now - std::exchange(stepped_, now);
  // Who was suspended has not worked on what it has in hand.
  if (pause > least_suspension + 10 * until_next()) resumed_ = now;
  // Whoever was stopped for so long may have been taken for gone: others have done what it had.
  if (pause > options_.expiry) look();
  auto counts = queue_.counts();
  if (counts.is_over || counts.ranks == 0 || counts.open + counts.queued + counts.in_hand == 0) return false;
  bool const is_wanted = counts.idle > 0 && counts.queued == 0 && counts.open > 0;
  // Claiming takes milliseconds: where samples do too, the next block is there before somebody waits for it.
  bool const is_soon_wanted = counts.queued == 0 && counts.open > 0 && counts.labelled > 0 && mean_seconds(counts) < short_sample;
  if ((is_wanted || is_soon_wanted) && !is_at_end_) {
    auto ids = search_.next_unclaimed([this] { return queue_.open_ids(); });
    is_at_end_ = ids.empty();
    fill(std::move(ids));
  }
  double const between_looks = std::max(std::clamp(options_.flush_seconds, 0.05, 60.0), 0.1 * patience(counts));
  if (is_at_end_ && (is_wanted || counts.queued > 0) && now - looked_ >= between_looks) {
    look();
    if (queue_.counts().queued == 0) fill(search_.next_left(queue_.open_ids(), now, patience(counts)));
  }
  options_.flush();
  look_for_hanging(counts);
  counts = queue_.counts();
  if (counts.open + counts.queued + counts.in_hand == 0) return false;
  if (now - told_ >= options_.flush_seconds) {
    told_ = now;
    bool const waits = counts.idle > 0 && counts.queued == 0;
    options_.tell(counts, waits && is_at_end_ ? search_.holders() : std::vector<std::string>());
  }
  return true;
}

}  // namespace apq::collect
