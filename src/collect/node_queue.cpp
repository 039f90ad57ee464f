#include "collect/node_queue.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/usual_times.hpp"
#include "common/core/error.hpp"
#include "common/mpi/node_lock.hpp"

namespace apq::collect {

struct NodeQueue::State {
  std::uint32_t lock, is_over;
  std::uint32_t idle, ranks;
  std::uint64_t first, last;         // of the ring: what lies between has been added and not been taken
  std::array<std::uint64_t, 4> num;  // ids by state
  std::uint64_t labelled, given_up;
  double seconds, longest, dearest;
};

struct NodeQueue::Slot {
  std::uint64_t id;
  double since;
  std::int32_t process;
  std::uint8_t has_sample, is_idle, is_delivered;
};

namespace {

constexpr std::uint64_t few_samples = 3;  // tell nothing of what is usual

constexpr std::size_t aligned(std::size_t bytes) { return (bytes + 7) / 8 * 8; }

}  // namespace

std::size_t NodeQueue::bytes(std::size_t num_ids, int num_ranks) {
  return aligned(sizeof(State)) + static_cast<std::size_t>(num_ranks) * aligned(sizeof(Slot)) + num_ids * (sizeof(std::uint64_t) + 1);
}

NodeQueue::NodeQueue(std::span<std::uint8_t> memory, std::size_t num_ids, int num_ranks)
    : state_(reinterpret_cast<State*>(memory.data())),
      slots_(reinterpret_cast<Slot*>(memory.data() + aligned(sizeof(State)))),
      ring_(reinterpret_cast<std::uint64_t*>(slots_ + num_ranks)),
      ids_(reinterpret_cast<std::uint8_t*>(ring_ + num_ids)),
      num_ids_(num_ids),
      num_ranks_(num_ranks) {}

NodeQueue::Slot& NodeQueue::slot(int rank) const { return slots_[rank]; }

NodeQueue::IdState& NodeQueue::id_state(std::uint64_t id) const {
  if (id >= num_ids_) throw Error(Errc::internal, fmt::format("sample {} of {}", id, num_ids_));
  return reinterpret_cast<IdState&>(ids_[id]);
}

void NodeQueue::move(std::uint64_t id, IdState to) const {
  auto& at = id_state(id);
  --state().num[static_cast<std::size_t>(at)];
  ++state().num[static_cast<std::size_t>(to)];
  at = to;
}

void NodeQueue::begin(std::span<std::uint64_t const> missing, double longest, double dearest) {
  state() = {};
  state().longest = longest;
  state().dearest = dearest;
  state().ranks = static_cast<std::uint32_t>(num_ranks_);
  std::fill(slots_, slots_ + num_ranks_, Slot{});
  std::fill(ids_, ids_ + num_ids_, static_cast<std::uint8_t>(IdState::settled));
  state().num = {0, 0, 0, num_ids_};
  for (auto const id : missing) move(id, IdState::open);
}

std::size_t NodeQueue::add(std::span<std::uint64_t const> ids) {
  mpi::NodeLock const turn(state().lock);
  std::size_t added = 0;
  for (auto const id : ids) {
    if (id_state(id) != IdState::open) continue;
    // An id is in the ring once at most for each time that it was queued; what was skipped makes room when the ring is empty.
    if (state().first == state().last) state().first = state().last = 0;
    if (state().last == num_ids_) {
      auto const* const end = std::remove_if(ring_ + state().first, ring_ + state().last,
                                             [&](std::uint64_t queued) { return id_state(queued) != IdState::queued; });
      std::copy(static_cast<std::uint64_t const*>(ring_ + state().first), end, ring_);
      state().last = static_cast<std::uint64_t>(end - ring_) - state().first;
      state().first = 0;
    }
    ring_[state().last++] = id;
    move(id, IdState::queued);
    ++added;
  }
  return added;
}

std::size_t NodeQueue::settle_elsewhere(std::span<std::uint64_t const> ids) {
  mpi::NodeLock const turn(state().lock);
  std::size_t news = 0;
  for (auto const id : ids)
    if (id < num_ids_ && (id_state(id) == IdState::open || id_state(id) == IdState::queued)) {
      move(id, IdState::settled);
      ++news;
    }
  return news;
}

void NodeQueue::note_delivered(std::span<std::uint64_t const> ids) {
  mpi::NodeLock const turn(state().lock);
  for (int rank = 0; rank < num_ranks_; ++rank)
    if (auto& s = slot(rank); s.has_sample != 0 && std::find(ids.begin(), ids.end(), s.id) != ids.end()) s.is_delivered = 1;
}

void NodeQueue::end() {
  mpi::NodeLock const turn(state().lock);
  state().is_over = 1;
}

void NodeQueue::empty() {
  mpi::NodeLock const turn(state().lock);
  for (; state().first != state().last; ++state().first)
    if (id_state(ring_[state().first]) == IdState::queued) move(ring_[state().first], IdState::open);
}

std::vector<std::uint64_t> NodeQueue::open_ids() const {
  mpi::NodeLock const turn(state().lock);
  std::vector<std::uint64_t> ids;
  if (state().num[0] == 0) return ids;
  for (std::uint64_t id = 0; id < num_ids_; ++id)
    if (id_state(id) == IdState::open) ids.push_back(id);
  return ids;
}

bool NodeQueue::is_open(std::uint64_t id) const {
  mpi::NodeLock const turn(state().lock);
  return id_state(id) == IdState::open;
}

NodeQueue::Counts NodeQueue::counts() const {
  mpi::NodeLock const turn(state().lock);
  auto const& s = state();
  return {.open = s.num[0],
          .queued = s.num[1],
          .in_hand = s.num[2],
          .settled = s.num[3],
          .labelled = s.labelled,
          .given_up = s.given_up,
          .idle = s.idle,
          .ranks = s.ranks,
          .seconds = s.seconds,
          .longest = s.longest,
          .dearest = s.dearest,
          .is_over = s.is_over != 0};
}

std::vector<NodeQueue::InHand> NodeQueue::in_hand() const {
  mpi::NodeLock const turn(state().lock);
  std::vector<InHand> all;
  for (int rank = 0; rank < num_ranks_; ++rank)
    if (auto const& s = slot(rank); s.has_sample != 0) all.push_back({s.id, rank, s.process, s.since});
  return all;
}

NodeQueue::Taken NodeQueue::take(int rank, double now, int process) {
  mpi::NodeLock const turn(state().lock);
  auto& mine = slot(rank);
  state().idle -= mine.is_idle;
  mine.is_idle = 0;
  if (state().is_over != 0) return {Answer::over, 0, true};
  while (state().first != state().last) {
    auto const id = ring_[state().first++];
    if (id_state(id) != IdState::queued) continue;
    move(id, IdState::in_hand);
    mine = {.id = id, .since = now, .process = process, .has_sample = 1, .is_idle = 0, .is_delivered = 0};
    return {Answer::sample, id, state().num[static_cast<std::size_t>(IdState::queued)] == 0};
  }
  mine.is_idle = 1;
  ++state().idle;
  return {Answer::none_yet, 0, true};
}

std::uint64_t NodeQueue::take_from(int rank, IdState to) const {
  auto& mine = slot(rank);
  if (mine.has_sample == 0) throw Error(Errc::internal, fmt::format("rank {} of the node has no sample", rank));
  mine.has_sample = 0;
  move(mine.id, to);
  return mine.id;
}

bool NodeQueue::is_delivered(int rank) const {
  mpi::NodeLock const turn(state().lock);
  return slot(rank).has_sample != 0 && slot(rank).is_delivered != 0;
}

void NodeQueue::settle(int rank, double seconds, double cost) {
  mpi::NodeLock const turn(state().lock);
  take_from(rank, IdState::settled);
  auto& s = state();
  // One that took far longer than those before it was suspended: it tells nothing of the next one.
  double const mean = s.labelled > 0 ? s.seconds / static_cast<double>(s.labelled) : 0;
  bool const is_usual = s.labelled < few_samples || seconds <= unusual_factor * mean;
  ++s.labelled;
  s.seconds += is_usual ? seconds : mean;
  if (!is_usual) return;
  s.longest = std::max(s.longest, seconds);
  if (cost > 0) s.dearest = std::max(s.dearest, seconds / cost);
}

void NodeQueue::give_up(int rank) {
  mpi::NodeLock const turn(state().lock);
  take_from(rank, IdState::settled);
  ++state().given_up;
}

void NodeQueue::put_back(int rank) {
  mpi::NodeLock const turn(state().lock);
  take_from(rank, IdState::open);
}

void NodeQueue::leave() {
  mpi::NodeLock const turn(state().lock);
  --state().ranks;
}

}  // namespace apq::collect
