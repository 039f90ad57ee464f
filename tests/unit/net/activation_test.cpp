#include "common/net/activation.hpp"

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace {

using namespace apq;

at::Tensor inputs() { return at::cat({at::linspace(-12, 12, 4801), at::linspace(-1e4, 1e4, 101)}).to(at::kDouble); }

class EveryActivation : public testing::TestWithParam<space::ActivationKind> {
 protected:
  static at::Tensor outputs(bool in_place) {
    auto x = inputs();
    return net::activated(GetParam().value, x, in_place);
  }
};

TEST_P(EveryActivation, KeepsWhatItsRowSays) {
  auto const& kind = GetParam();
  auto const x = inputs(), y = outputs(false);
  EXPECT_NEAR(y.min().item<double>(), std::max(kind.lowest, -1e4), 1e-3) << "the lowest output";
  EXPECT_NEAR(y.max().item<double>(), std::min(kind.highest, 1e4), 1e-3);
  EXPECT_TRUE((y.abs() <= at::clamp_min(x.abs(), 1)).all().item<bool>());
  EXPECT_EQ(kind.is_clip, at::equal(y, x.clamp(kind.lowest, kind.highest)));
  EXPECT_EQ(space::has_sign(kind.value), (y < 0).any().item<bool>());
}

TEST_P(EveryActivation, InPlaceIsTheSame) {
  at::NoGradGuard const no_grad;
  auto x = inputs();
  auto const y = net::activated(GetParam().value, x, true);
  EXPECT_TRUE(at::equal(x, y));
  EXPECT_TRUE(at::equal(y, outputs(false)));
}

TEST_P(EveryActivation, HasAGradient) {
  auto x = inputs().requires_grad_();
  net::activated(GetParam().value, x, false).sum().backward();
  EXPECT_TRUE(x.grad().defined());
  EXPECT_GT((x.grad() != 0).sum().item<std::int64_t>(), 100);
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryActivation, testing::ValuesIn(space::activation_kinds),
                         [](auto const& kind) { return std::string(kind.param.name); });

TEST(Activations, AreTheFormulas) {
  auto const of = [](space::Activation activation, double x) {
    auto tensor = at::full({1}, x, at::kDouble);
    return net::activated(activation, tensor, false).item<double>();
  };
  EXPECT_EQ(of(space::Activation::relu6, 7), 6);
  EXPECT_EQ(of(space::Activation::relu, 7), 7);
  EXPECT_EQ(of(space::Activation::relu, -7), 0);
  EXPECT_DOUBLE_EQ(of(space::Activation::h_swish, -1.5), -0.375);
  EXPECT_DOUBLE_EQ(of(space::Activation::h_swish, 1), 4.0 / 6);
}

}  // namespace
