#include "support/fake_evaluator.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "common/space/subnet.hpp"
#include "support/tiny_space.hpp"

namespace {

using namespace apq;

TEST(FakeEvaluator, BehavesAsTheTextSays) {
  auto const b = test::parse_behaviour("seconds=0.25 error@3 nan@13 kill@20 hang@21");
  EXPECT_EQ(b.seconds, 0.25);
  EXPECT_EQ(b.faults.size(), 4u);
  EXPECT_EQ(b.faults.at(3), test::Fault::error);
  EXPECT_EQ(b.faults.at(13), test::Fault::nan);
  EXPECT_EQ(b.faults.at(20), test::Fault::kill);
  EXPECT_EQ(b.faults.at(21), test::Fault::hang);
  EXPECT_EQ(test::parse_behaviour("", 0.5).seconds, 0.5);
  EXPECT_THROW(test::parse_behaviour("explode@3"), Error);
}

TEST(FakeEvaluator, FaultsHappenAtTheirSampleAndAreCounted) {
  auto const subnet = space::smallest_subnet(test::tiny_space());
  test::FakeEvaluator evaluator(test::parse_behaviour("error@3 nan@4"));
  auto const sound = evaluator.evaluate(subnet, 2);
  EXPECT_TRUE(std::isfinite(sound.loss));
  auto const before = test::FakeEvaluator::num_faults();
  EXPECT_THROW(evaluator.evaluate(subnet, 3), Error);
  EXPECT_TRUE(std::isnan(evaluator.evaluate(subnet, 4).loss));
  EXPECT_EQ(test::FakeEvaluator::num_faults() - before, 2);
  EXPECT_EQ(evaluator.evaluate(subnet, 5).correct, sound.correct);
}

TEST(FakeEvaluator, AKillIsToldFirst) {
  auto const subnet = space::smallest_subnet(test::tiny_space());
  test::FakeEvaluator evaluator(test::parse_behaviour("kill@7"));
  EXPECT_EXIT(evaluator.evaluate(subnet, 7), testing::KilledBySignal(SIGKILL), "fake evaluator: kill at sample 7");
}

}  // namespace
