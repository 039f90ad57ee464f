// What the shipped weights promise (README): accurate at both ends, and subnets that differ enough to be worth searching.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "common/core/random.hpp"
#include "common/image/load.hpp"
#include "common/mpi/collectives.hpp"
#include "evaluate/supernet_evaluator.hpp"
#include "support/shared_data.hpp"

using namespace apq;

namespace {

// All 200 with APQ_LONG_TESTS=1 (10 min on two cores); else the first of them, which spread less.
bool const is_long = std::getenv("APQ_LONG_TESTS") != nullptr;
std::uint64_t const num_random = is_long ? 200 : 60;
double const least_spread = is_long ? 3.0 : 1.9;  // measured: 3.11; 1.91 of 30

std::filesystem::path const images_directory = "/usr/share/datasets/fashion-mnist";

TEST(ShippedSupernet, IsAccurateAtBothEndsAndItsSubnetsSpread) {
  if (!std::filesystem::exists(images_directory)) GTEST_SKIP() << "the package dataset-fashion-mnist is not installed";
  mpi::Communicator const world(MPI_COMM_WORLD);
  auto const space = space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml");
  image::DataConfig data;
  data.calibration_images = 1000;
  auto const splits =
      image::load_splits(world, data, {space.image_channels, space.image_size, space.num_classes}, {.calibration = true, .test = true});
  evaluate::SupernetEvaluator evaluator(space, test::source_dir() / "data/fashion_mnist_supernet.pt", splits.calibration, splits.test, data,
                                        {});
  std::vector<space::Subnet> subnets{space::largest_subnet(space), space::smallest_subnet(space)};
  for (std::uint64_t i = 0; i < num_random; ++i) {
    RandomStream random(7, "space.random", i);  // as `apq space --random 200 --seed 7` draws them, with bit widths
    subnets.push_back(space::subnet_of(space, space::random_genes(space, random, true)));
  }
  auto const range = mpi::block_range(subnets.size(), world.size(), world.rank());
  std::vector<double> mine;
  for (auto i = range.first; i < range.last; ++i) {
    auto const label = evaluator.evaluate(subnets[i], i);
    EXPECT_EQ(label.total, 10'000u);
    mine.push_back(100.0 * label.correct / label.total);
  }
  auto const top1 = mpi::allgather(world, std::span<double const>(mine));  // in the order of `subnets`
  ASSERT_EQ(top1.size(), subnets.size());
  double const largest = top1[0], smallest = top1[1];
  auto const [low, high] = std::minmax_element(top1.begin() + 2, top1.end());
  // Measured: 91.13 % with LibTorch 1.13, 90.97 % with 2.6; the same weights round differently.
  constexpr double between_versions = 0.2;
  EXPECT_GE(largest, 91.0 - between_versions);
  EXPECT_GE(smallest, 87.0);
  EXPECT_GE(*high - *low, least_spread) << *low << " to " << *high;
  if (world.is_root())
    printf("test top-1: largest %.2f %%, smallest %.2f %%, %zu random subnets %.2f to %.2f %%\n", largest, smallest, subnets.size() - 2,
           *low, *high);
}

}  // namespace
