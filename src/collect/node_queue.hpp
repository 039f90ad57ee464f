#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace apq::collect {

/// What the ranks of a node have to label: ids 0 .. num_ids-1, of which some are queued. A state machine on memory that all of them see; it
/// knows no files, no clock and no MPI. One rank's keeper fills it (node_keeper.hpp), all take from it one by one. Every rank has an
/// object of its own on the memory; every function holds its lock.
///
///   open --add--> queued --take--> in hand --settle--> settled
///     |              |                |
///     |              |                +--put_back--> open    (not begun: the rank stops)
///     +--------------+--settle_elsewhere--> settled          (another node's label, or a quarantined sample)
///     +---empty-----<+                                       (the node stops)
class NodeQueue {
 public:
  enum class IdState : std::uint8_t { open, queued, in_hand, settled };

  struct Counts {
    std::uint64_t open, queued, in_hand, settled;
    std::uint64_t labelled;  ///< settled by this node's ranks
    std::uint64_t given_up;  ///< put into quarantine by them
    std::uint32_t idle;      ///< ranks that asked and got none yet
    std::uint32_t ranks;     ///< that have not left
    double seconds;          ///< that `labelled` took together
    double longest;          ///< seconds of the longest one so far; 0: not known
    double dearest;          ///< most seconds a unit of cost so far; 0: not known
    bool is_over;
  };
  /// A sample that a rank has begun.
  struct InHand {
    std::uint64_t id;
    int rank, process;
    double since;
  };

  static std::size_t bytes(std::size_t num_ids, int num_ranks);
  /// `memory` holds bytes(num_ids, num_ranks), aligned for 8 bytes.
  NodeQueue(std::span<std::uint8_t> memory, std::size_t num_ids, int num_ranks);
  /// By one rank, before any other touches the memory: the ids of `missing` are open, all others settled.
  /// @param longest, dearest  what is known before the first sample (Counts)
  void begin(std::span<std::uint64_t const> missing, double longest = 0, double dearest = 0);

  // ---- by the keeper

  /// Those of them that are open are queued, in this order; how many.
  std::size_t add(std::span<std::uint64_t const> ids);
  /// Labelled by others, or in quarantine: not to be begun here any more. How many were news.
  std::size_t settle_elsewhere(std::span<std::uint64_t const> ids);
  /// Others have labels of these: a rank that has one of them in hand can know.
  void note_delivered(std::span<std::uint64_t const> ids);
  /// No rank begins another sample: all is done, or the node stops.
  void end();
  /// What is queued is open again.
  void empty();
  std::vector<std::uint64_t> open_ids() const;
  bool is_open(std::uint64_t id) const;
  Counts counts() const;
  std::vector<InHand> in_hand() const;

  // ---- by the ranks, each with its number on the node

  enum class Answer { sample, none_yet, over };
  struct Taken {
    Answer answer;
    std::uint64_t id;
    bool was_last;  ///< nothing is queued any more
  };
  Taken take(int rank, double now, int process);
  /// True where others have a label of what it has in hand.
  bool is_delivered(int rank) const;
  /// Its label is there. `cost` as in CollectRequest::cost_of, 0: not known.
  void settle(int rank, double seconds, double cost);
  /// Its sample is in quarantine.
  void give_up(int rank);
  /// It was not labelled and others shall.
  void put_back(int rank);
  /// This rank takes no more.
  void leave();

 private:
  struct State;
  struct Slot;
  State& state() const { return *state_; }
  Slot& slot(int rank) const;
  IdState& id_state(std::uint64_t id) const;
  void move(std::uint64_t id, IdState to) const;
  std::uint64_t take_from(int rank, IdState to) const;

  State* state_;
  Slot* slots_;
  std::uint64_t* ring_;  // ids that were queued, in order; those that are not any more are skipped
  std::uint8_t* ids_;
  std::size_t num_ids_;
  int num_ranks_;
};

}  // namespace apq::collect
