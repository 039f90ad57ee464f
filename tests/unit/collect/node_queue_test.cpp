#include "collect/node_queue.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "common/core/random.hpp"

namespace {

using namespace apq;
using collect::NodeQueue;
using Ids = std::vector<std::uint64_t>;

struct Node {
  Node(std::size_t num_ids, int ranks, Ids const& missing)
      : memory(NodeQueue::bytes(num_ids, ranks) / 8 + 1), queue(span(), num_ids, ranks) {
    queue.begin(missing);
  }
  std::span<std::uint8_t> span() { return {reinterpret_cast<std::uint8_t*>(memory.data()), memory.size() * 8}; }
  Ids taken(int rank, int most) {
    Ids ids;
    for (int i = 0; i < most; ++i) {
      auto const taken = queue.take(rank, 0, 1);
      if (taken.answer != NodeQueue::Answer::sample) break;
      ids.push_back(taken.id);
      queue.settle(rank, 2, 4);
    }
    return ids;
  }
  std::vector<std::uint64_t> memory;
  NodeQueue queue;
};

TEST(NodeQueue, ASampleThatWasSuspendedTellsNothingOfTheNextOne) {
  Node node(10, 1, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  node.queue.add(Ids{0, 1, 2, 3, 4, 5});
  for (double const seconds : {60.0, 70.0, 50.0, 50'000.0, 180.0}) {
    node.queue.take(0, 0, 1);
    node.queue.settle(0, seconds, 10);
  }
  auto const counts = node.queue.counts();
  EXPECT_EQ(counts.labelled, 5u);
  EXPECT_EQ(counts.longest, 180);
  EXPECT_EQ(counts.dearest, 18);
  EXPECT_EQ(counts.seconds, 60 + 70 + 50 + 60 + 180);
}

TEST(NodeQueue, GivesWhatWasAddedInThatOrderAndOnlyWhatIsMissing) {
  Node node(10, 2, {2, 3, 5, 7});
  EXPECT_EQ(node.queue.open_ids(), (Ids{2, 3, 5, 7}));
  EXPECT_EQ(node.queue.take(0, 0, 1).answer, NodeQueue::Answer::none_yet);
  EXPECT_EQ(node.queue.counts().idle, 1u);
  EXPECT_EQ(node.queue.add(Ids{7, 4, 2}), 2u) << "4 is there already";
  EXPECT_EQ(node.queue.add(Ids{7}), 0u) << "it is queued";
  EXPECT_EQ(node.taken(0, 9), (Ids{7, 2}));
  auto const counts = node.queue.counts();
  EXPECT_EQ(counts.open, 2u);
  EXPECT_EQ(counts.settled, 8u);
  EXPECT_EQ(counts.labelled, 2u);
  EXPECT_EQ(counts.seconds, 4);
  EXPECT_EQ(counts.longest, 2);
  EXPECT_EQ(counts.dearest, 0.5);
  EXPECT_EQ(counts.idle, 1u);
}

TEST(NodeQueue, WhatOthersDeliveredIsNotBegun) {
  Node node(6, 1, {0, 1, 2, 3, 4, 5});
  node.queue.add(Ids{0, 1, 2});
  EXPECT_EQ(node.queue.settle_elsewhere(Ids{1, 4, 9}), 2u);
  EXPECT_EQ(node.queue.settle_elsewhere(Ids{1, 4}), 0u);
  EXPECT_EQ(node.taken(0, 9), (Ids{0, 2}));
  EXPECT_EQ(node.queue.open_ids(), (Ids{3, 5}));
}

TEST(NodeQueue, WhatOthersDeliverMeanwhileIsKnownToWhoeverHasItInHand) {
  Node node(6, 2, {0, 1, 2, 3, 4, 5});
  node.queue.add(Ids{0, 1, 2});
  node.queue.take(0, 0, 1);
  node.queue.take(1, 0, 2);
  node.queue.settle_elsewhere(Ids{0, 1});
  EXPECT_FALSE(node.queue.is_delivered(0)) << "it may be in quarantine, and have a label after all";
  node.queue.note_delivered(Ids{1, 2, 99});
  EXPECT_FALSE(node.queue.is_delivered(0));
  EXPECT_TRUE(node.queue.is_delivered(1));
  node.queue.settle(1, 1, 1);
  EXPECT_FALSE(node.queue.is_delivered(1));
  EXPECT_EQ(node.queue.take(1, 0, 2).id, 2u);
  EXPECT_FALSE(node.queue.is_delivered(1)) << "that was of another sample";
}

TEST(NodeQueue, ASampleThatIsPutBackIsOpenForOthersAndAGivenUpOneIsNot) {
  Node node(3, 2, {0, 1, 2});
  node.queue.add(Ids{0, 1, 2});
  node.queue.take(0, 12.5, 77);
  node.queue.take(1, 13.5, 78);
  auto const in_hand = node.queue.in_hand();
  ASSERT_EQ(in_hand.size(), 2u);
  EXPECT_EQ(in_hand[0].id, 0u);
  EXPECT_EQ(in_hand[1].rank, 1);
  EXPECT_EQ(in_hand[1].process, 78);
  EXPECT_EQ(in_hand[1].since, 13.5);
  node.queue.put_back(0);
  node.queue.give_up(1);
  EXPECT_EQ(node.queue.open_ids(), Ids{0});
  EXPECT_EQ(node.queue.counts().given_up, 1u);
  EXPECT_THROW(node.queue.settle(1, 1, 1), Error);
}

TEST(NodeQueue, AfterItsEndNothingIsBegunAndWhatIsLeftIsOpen) {
  Node node(4, 1, {0, 1, 2, 3});
  node.queue.add(Ids{0, 1, 2});
  EXPECT_EQ(node.taken(0, 1), Ids{0});
  node.queue.end();
  EXPECT_EQ(node.queue.take(0, 0, 1).answer, NodeQueue::Answer::over);
  node.queue.empty();
  EXPECT_EQ(node.queue.open_ids(), (Ids{1, 2, 3}));
}

TEST(NodeQueue, WhatIsPutBackAgainAndAgainAlwaysFits) {
  Node node(3, 1, {0, 1, 2});
  for (int i = 0; i < 50; ++i) {
    node.queue.add(Ids{0, 1, 2});
    node.queue.take(0, 0, 1);
    node.queue.put_back(0);
    if (i % 5 == 4) node.queue.empty();
  }
  node.queue.add(Ids{0, 1, 2});
  auto ids = node.taken(0, 9);
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(ids, (Ids{0, 1, 2}));
}

TEST(NodeQueue, NoSampleIsGivenTwiceToThreadsThatTakeAtOnce) {
  constexpr int ranks = 4;
  constexpr std::uint64_t num = 4000;
  Ids all(num);
  std::iota(all.begin(), all.end(), 0u);
  Node node(num, ranks, all);
  std::mutex mutex;
  std::map<std::uint64_t, int> times;
  {
    std::vector<std::jthread> threads;
    for (int r = 0; r < ranks; ++r)
      threads.emplace_back([&, r] {
        NodeQueue queue(node.span(), num, ranks);
        for (;;) {
          auto const taken = queue.take(r, 0, 1);
          if (taken.answer == NodeQueue::Answer::over) break;
          if (taken.answer == NodeQueue::Answer::none_yet) continue;
          std::scoped_lock const turn(mutex);
          ++times[taken.id];
          queue.settle(r, 1, 1);
        }
        queue.leave();
      });
    for (std::uint64_t first = 0; first < num; first += 50) node.queue.add(std::span(all).subspan(first, 50));
    while (node.queue.counts().settled < num) std::this_thread::yield();
    node.queue.end();
  }
  EXPECT_EQ(times.size(), num);
  for (auto const& [id, count] : times) EXPECT_EQ(count, 1) << id;
  EXPECT_EQ(node.queue.counts().ranks, 0u);
}

}  // namespace
