#include "train/nesterov_descent.hpp"

#include <gtest/gtest.h>

#include "support/tiny_space.hpp"

using namespace apq;
using namespace apq::train;

namespace {

TEST(FlatParameters, AreTheSupernetsOwn) {
  auto supernet = net::make_supernet(test::tiny_space(), 1);
  auto const before = supernet.hash();
  FlatParameters parameters(supernet);
  EXPECT_EQ(supernet.hash(), before);
  std::int64_t trained = 0;
  double decaying = 0;
  for (auto const& spec : net::supernet_parameters(supernet.space)) {
    auto const& tensor = supernet.weights.at(spec.name);
    EXPECT_EQ(tensor.requires_grad(), spec.is_trained()) << spec.name;
    if (spec.is_trained()) trained += tensor.numel();
    if (spec.is_trained() && spec.decays()) decaying += static_cast<double>(tensor.numel());
  }
  EXPECT_EQ(parameters.values.numel(), trained);
  EXPECT_EQ(parameters.gradients.numel(), trained);
  EXPECT_EQ(parameters.decays.sum().item<double>(), decaying);
  parameters.values.add_(1);
  EXPECT_NE(supernet.hash(), before);
}

TEST(FlatParameters, GradientsLandInTheBuffer) {
  auto supernet = net::make_supernet(test::tiny_space(), 1);
  FlatParameters parameters(supernet);
  auto sum = at::zeros({});
  for (auto const& [name, tensor] : supernet.weights)
    if (tensor.requires_grad()) sum = sum + 3 * tensor.sum();
  sum.backward();
  sum = at::zeros({});
  EXPECT_TRUE(parameters.gradients.equal(at::full_like(parameters.gradients, 3)));
}

// v <- momentum v + g, x <- x - rate (g + momentum v), where g has the decay.
TEST(NesterovDescent, FollowsTheRecursion) {
  auto supernet = net::make_supernet(test::tiny_space(), 1);
  FlatParameters parameters(supernet);
  NesterovDescent descent{0.9, 0.01, {}};
  auto const n = parameters.values.numel();
  parameters.values.fill_(2);
  double decayed = 2, free = 2, v_decayed = 0, v_free = 0;
  for (double gradient : {0.5, -1.0, 0.25}) {
    parameters.gradients.fill_(gradient);
    descent.step(parameters, 0.1);
    auto const move = [&](double& x, double& v, double decay) {
      double const g = gradient + decay * x;
      v = 0.9 * v + g;
      x -= 0.1 * (g + 0.9 * v);
    };
    move(decayed, v_decayed, 0.01);
    move(free, v_free, 0);
  }
  auto const expected = parameters.decays * (decayed - free) + free;
  EXPECT_TRUE(at::allclose(parameters.values, expected, 1e-5, 1e-6));
  EXPECT_EQ(descent.velocity.numel(), n);
  EXPECT_NE(decayed, free);
}

}  // namespace
