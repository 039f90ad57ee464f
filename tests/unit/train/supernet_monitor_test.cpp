#include "train/supernet_monitor.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "common/core/error.hpp"
#include "support/image_split.hpp"
#include "support/tiny_space.hpp"

using namespace apq;
using namespace apq::train;

namespace {

image::Splits some_splits() {
  return {{}, test::random_split("calibration", 40, 1, 32, 10, 1), test::random_split("validation", 30, 1, 32, 10, 2), {}};
}

// A classifier that always says 3 is right where the label is: of labels in turn, one in ten.
TEST(SupernetMonitor, CountsTheFirstValidationImages) {
  auto const splits = some_splits();
  auto supernet = net::make_supernet(test::tiny_space(), 1);
  for (auto& [name, tensor] : supernet.weights)
    if (tensor.dim() == 1 && tensor.size(0) == 10) tensor[3] = 1000;
  auto const& largest = space::largest_subnet(supernet.space);
  SupernetMonitor const all(splits, {}, 1000), first_four(splits, {}, 4), first_three(splits, {}, 3);
  EXPECT_EQ(all.validation_images(), 30);
  EXPECT_DOUBLE_EQ(all.top1(supernet, largest), 10);
  EXPECT_EQ(first_four.validation_images(), 4);
  EXPECT_DOUBLE_EQ(first_four.top1(supernet, largest), 25);
  EXPECT_DOUBLE_EQ(first_three.top1(supernet, space::smallest_subnet(supernet.space)), 0);
}

TEST(SupernetMonitor, StoresStatisticsOfEveryNormAndNothingElse) {
  auto supernet = net::make_supernet(test::tiny_space(), 1);
  checkpoint::StateDict before;
  for (auto const& [name, tensor] : supernet.weights) before[name] = tensor.clone();
  SupernetMonitor(some_splits(), {}, 10).store_statistics(supernet);
  int changed = 0;
  for (auto const& [name, tensor] : supernet.weights) {
    bool const is_statistic = name.ends_with("running_mean") || name.ends_with("running_var");
    EXPECT_EQ(!tensor.equal(before.at(name)), is_statistic) << name;
    changed += is_statistic;
  }
  EXPECT_GT(changed, 10);
}

TEST(SupernetMonitor, WeightsThatAreNotFiniteAreAnError) {
  auto supernet = net::make_supernet(test::tiny_space(), 1);
  for (auto& [name, tensor] : supernet.weights)
    if (tensor.dim() == 4) tensor.fill_(std::numeric_limits<float>::quiet_NaN());
  SupernetMonitor const monitor(some_splits(), {}, 10);
  for (bool const store : {true, false}) {
    try {
      if (store) monitor.store_statistics(supernet);
      else monitor.top1(supernet, space::largest_subnet(supernet.space));
      ADD_FAILURE() << "no error";
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), Errc::numeric);
    }
  }
}

}  // namespace
