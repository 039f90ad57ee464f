#include "collect/label_sample.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

#include "collect/sampler.hpp"
#include "common/core/error.hpp"
#include "support/fake_evaluator.hpp"
#include "support/tiny_space.hpp"

namespace {

using namespace apq;

// Does at each attempt what the next function says.
class Scripted : public evaluate::Evaluator {
 public:
  explicit Scripted(std::vector<std::function<evaluate::Label()>> script) : script_(std::move(script)) {}
  evaluate::Label evaluate(space::Subnet const&, std::uint64_t) override { return script_.at(static_cast<std::size_t>(calls++))(); }
  std::string engine() const override { return "scripted"; }
  int calls = 0;

 private:
  std::vector<std::function<evaluate::Label()>> script_;
};

evaluate::Label good() { return {1, 2, 3, 0.5}; }
evaluate::Label nan() { return {1, 2, 3, std::nan("")}; }
evaluate::Label slow() {
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  return good();
}
evaluate::Label foreign() { throw std::runtime_error("shapes differ\nframe 0"); }
evaluate::Label no_disk() { throw Error(Errc::io, "supernet.pt: cannot be read"); }

using Result = std::variant<h5::Row, collect::Failure>;
Result label(Scripted& evaluator, double timeout = 0) {
  auto const space = test::tiny_space();
  double joules = 0, lost = 0;
  return collect::label_sample(
      evaluator, space, "fp", 5, collect::sample(space, 1, "fp", 5), {.most = 2, .timeout = timeout}, [&] { return joules += 1; }, lost);
}

TEST(LabelSample, AFailureThatPassesIsNoFailure) {
  Scripted evaluator({foreign, good});
  auto const result = label(evaluator);
  ASSERT_TRUE(std::holds_alternative<h5::Row>(result));
  auto const& row = std::get<h5::Row>(result);
  EXPECT_EQ(row.id, 5u);
  EXPECT_EQ(row.correct, 1u);
  EXPECT_EQ(row.joules, 1.0f) << "of the attempt that counts";
}

TEST(LabelSample, TwoFailuresGiveTheSampleUpAndSayWhy) {
  Scripted evaluator({foreign, nan, good});
  auto const result = label(evaluator);
  ASSERT_TRUE(std::holds_alternative<collect::Failure>(result));
  auto const& failure = std::get<collect::Failure>(result);
  EXPECT_EQ(evaluator.calls, 2);
  EXPECT_EQ(failure.attempts, 2);
  EXPECT_NE(failure.error.find("sample 5 of stage fp: the loss is nan"), std::string::npos) << failure.error;
  EXPECT_NE(failure.error.find("genes ["), std::string::npos) << failure.error;
}

TEST(LabelSample, OneThatTakesTooLongHasFailedWhateverItGave) {
  Scripted once({slow, good});
  EXPECT_TRUE(std::holds_alternative<h5::Row>(label(once, 1.0)));
  EXPECT_EQ(once.calls, 2);
  Scripted far_too_long({slow, good});
  auto const result = label(far_too_long, 0.01);
  ASSERT_TRUE(std::holds_alternative<collect::Failure>(result));
  EXPECT_NE(std::get<collect::Failure>(result).error.find("collect.sample_timeout is 0.01 s"), std::string::npos);
  EXPECT_EQ(far_too_long.calls, 1);
}

TEST(LabelSample, WhatIsNoFaultOfTheSampleIsThrown) {
  Scripted evaluator({no_disk, good});
  EXPECT_THROW(label(evaluator), Error);
  EXPECT_EQ(evaluator.calls, 1);
}

}  // namespace
