#include "evaluate/checked_label.hpp"

#include <functional>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

#include "common/space/subnet.hpp"
#include "support/error_of.hpp"
#include "support/fake_evaluator.hpp"
#include "support/shared_data.hpp"

namespace {

using namespace apq;

class Saying : public evaluate::Evaluator {
 public:
  explicit Saying(std::function<evaluate::Label()> say) : say_(std::move(say)) {}
  evaluate::Label evaluate(space::Subnet const&, std::uint64_t) override { return say_(); }
  std::string engine() const override { return "saying"; }

 private:
  std::function<evaluate::Label()> say_;
};

class CheckedLabel : public testing::Test {
 protected:
  evaluate::Label label(evaluate::Evaluator& evaluator) const {
    return evaluate::checked_label(evaluator, space_, space::smallest_subnet(space_), 3, "sample 3 of stage fp");
  }
  void expect_refused(Errc code, std::string const& what, std::function<evaluate::Label()> const& say) const {
    Saying evaluator(say);
    test::expect_error(code, "sample 3 of stage fp: " + what, [&] { label(evaluator); });
    test::expect_error(code, "; genes [1 0 0 0 1 0 0 0 1 0 0 0 1 0 0 0 1 1]", [&] { label(evaluator); });
  }
  space::SearchSpace space_ = space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml");
};

TEST_F(CheckedLabel, ASoundLabelIsTheEvaluators) {
  test::FakeEvaluator fake;
  auto const expected = fake.evaluate(space::smallest_subnet(space_), 3);
  auto const found = label(fake);
  EXPECT_EQ(found.correct, expected.correct);
  EXPECT_EQ(found.total, expected.total);
  EXPECT_EQ(found.loss, expected.loss);
}

TEST_F(CheckedLabel, TheEvaluatorsErrorsNameTheSubnetAndKeepTheirKind) {
  for (auto const code : {Errc::numeric, Errc::config, Errc::data, Errc::io, Errc::internal})
    expect_refused(code, "the logit of class 1 is nan;", [&]() -> evaluate::Label { throw Error(code, "the logit of class 1 is nan"); });
  expect_refused(Errc::internal, "unexpected: out of luck;",
                 []() -> evaluate::Label { throw std::runtime_error("out of luck\nat line 7"); });
}

TEST_F(CheckedLabel, LossesThatAreNotFiniteAreRefused) {
  for (double const loss : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    expect_refused(Errc::numeric, "the loss is ", [&] { return evaluate::Label{1, 2, 3, loss}; });
}

TEST_F(CheckedLabel, ImpossibleCountsAreRefused) {
  expect_refused(Errc::internal, "impossible counts", [] { return evaluate::Label{0, 0, 0, 1}; });
  expect_refused(Errc::internal, "impossible counts", [] { return evaluate::Label{3, 2, 4, 1}; });
  expect_refused(Errc::internal, "impossible counts", [] { return evaluate::Label{3, 5, 4, 1}; });
}

}  // namespace
