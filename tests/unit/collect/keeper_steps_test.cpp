#include "collect/keeper_steps.hpp"

#include <gtest/gtest.h>

#include "common/core/error.hpp"

namespace apq::collect {
namespace {
using Ids = std::vector<std::uint64_t>;

// Nobody else is there; what is given back, and whether that can be written.
struct LoneClaims : BlockClaims {
  std::map<std::uint64_t, std::uint64_t> last_generations() override { return {}; }
  std::optional<Holder> take(std::uint64_t, std::uint64_t) override { return std::nullopt; }
  void release(std::uint64_t block, std::uint64_t) override {
    if (disk_is_full) throw Error(Errc::io, "cannot write");
    released.push_back(block);
  }
  Ids released;
  bool disk_is_full = false;
};

// A node of two ranks with four samples, a block each, on a clock that the test sets.
class KeeperStepsTest : public testing::Test {
 protected:
  KeeperStepsTest() { queue_.begin(Ids{0, 1, 2, 3}); }
  KeeperSteps::Options options() {
    KeeperSteps::Options o{.flush_seconds = 1,
                           .sample_seconds = 5,
                           .sample_timeout = 10,
                           .expiry = 600,
                           .look = {},
                           .cost_of = {},
                           .flush = {},
                           .tell = {},
                           .hangs = {}};
    o.look = [this] { return ++num_looks_, Ids(); };
    o.flush = [] {};
    o.tell = [](auto const&, auto const&) {};
    o.hangs = [this](auto const& sample, double seconds, bool) { hanging_.push_back(sample.id), seconds_ = seconds; };
    return o;
  }
  void go_on(KeeperSteps& steps, double seconds) {
    for (double const end = now_ + seconds; now_ < end; now_ += 0.5) EXPECT_TRUE(steps.step());
  }
  std::uint64_t take(int rank) { return queue_.take(rank, now_, 1).id; }

  std::vector<std::uint64_t> memory_ = std::vector<std::uint64_t>(NodeQueue::bytes(4, 2) / 8 + 1);
  NodeQueue queue_{{reinterpret_cast<std::uint8_t*>(memory_.data()), memory_.size() * 8}, 4, 2};
  LoneClaims claims_;
  double now_ = 1000;
  int num_looks_ = 0;
  Ids hanging_;
  double seconds_ = 0;
};

TEST_F(KeeperStepsTest, ASampleHangsAfterThreeTimeoutsAndASuspensionIsNone) {
  KeeperSteps steps(queue_, claims_, {.block_size = 1, .own = 7}, options(), [this] { return now_; });
  queue_.take(0, now_, 1);  // idle: it asks for a block
  go_on(steps, 1);
  auto const sample = take(0);
  go_on(steps, 25);
  EXPECT_TRUE(hanging_.empty());
  now_ += 50'000;  // suspended as a whole, for a night
  go_on(steps, 25);
  EXPECT_TRUE(hanging_.empty()) << "it had no time to work on it";
  EXPECT_GT(num_looks_, 0) << "others may have done what it had";
  go_on(steps, 10);
  EXPECT_EQ(hanging_, Ids{sample});
  EXPECT_LT(seconds_, 40);
}

TEST_F(KeeperStepsTest, WhatCannotBeGivenBackEndsNothing) {
  KeeperSteps steps(queue_, claims_, {.block_size = 1, .own = 7}, options(), [this] { return now_; });
  queue_.take(0, now_, 1);
  go_on(steps, 1);
  auto const sample = take(0);
  queue_.put_back(0);
  claims_.disk_is_full = true;
  EXPECT_NO_THROW(steps.finish());
  claims_.disk_is_full = false;
  EXPECT_NO_THROW(steps.finish());
  EXPECT_EQ(claims_.released, Ids{sample});
}

}  // namespace
}  // namespace apq::collect
