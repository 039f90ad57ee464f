#include "evaluate/subnet_evaluation.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "evaluate/eval_text.hpp"
#include "support/error_of.hpp"
#include "support/shared_data.hpp"
#include "support/tiny_space.hpp"

namespace apq::evaluate {
namespace {

TEST(SubnetEvaluation, AnySizeWhereItIsNoGene) {
  auto space = test::tiny_space();
  std::vector subnets{space::largest_subnet(space)};
  take_size(space, subnets, 0);
  EXPECT_EQ(space.image_size, 32);
  take_size(space, subnets, 40);
  EXPECT_EQ(space.image_size, 40);
  EXPECT_EQ(space.image_sizes, std::vector<int>{40});
}

TEST(SubnetEvaluation, OneOfTheSizesWhereItIsAGene) {
  auto space = test::few_hundred_subnets();
  std::vector subnets{space::largest_subnet(space), space::largest_subnet(space)};
  take_size(space, subnets, 24);
  EXPECT_EQ(space.image_size, 32);
  for (auto const& subnet : subnets) EXPECT_EQ(subnet.image_size, 24);
  test::expect_error(Errc::config, "--size 28: is not a size of the space; allowed: 24, 32", [&] { take_size(space, subnets, 28); });
}

TEST(SubnetEvaluation, SubnetsWithoutCalibrationAreSaidToRunWithTheLargestOnesStatistics) {
  auto const space = test::few_hundred_subnets();
  auto largest = space::largest_subnet(space);
  EXPECT_EQ(stored_statistics_trouble(space, {largest}), "");
  largest.image_size = 24;  // the statistics are those of the same network
  EXPECT_EQ(stored_statistics_trouble(space, {largest}), "");
  EXPECT_EQ(
      stored_statistics_trouble(space, {largest, space::smallest_subnet(space)}),
      "no --calibration: 1 of 2 subnets run with the batch normalisation statistics of the largest network and may score near chance; give "
      "a folder of images");
}

TEST(SubnetEvaluation, NormalisationByKindOfSourceUnlessAskedFor) {
  EvalRequest request;
  EXPECT_EQ(normalisation_of(request, "idx").mean, request.data.normalisation.mean);
  EXPECT_EQ(normalisation_of(request, "folder").mean, std::vector{0.5});
  request.mean = {0.1, 0.2, 0.3};
  EXPECT_EQ(normalisation_of(request, "folder").mean, (std::vector{0.1, 0.2, 0.3}));
  EXPECT_EQ(normalisation_of(request, "folder").deviation, std::vector{0.5});
}

TEST(SubnetEvaluation, WeightsOfAnotherSpaceAreRefusedBeforeImagesAreRead) {
  EvalRequest request{.space = test::source_dir() / "configs/spaces/apq_imagenet.yaml",
                      .weights = test::source_dir() / "data/fashion_mnist_supernet.pt",
                      .images = "/nowhere"};
  test::expect_error(Errc::data, "classifier.linear.weight", [&] { read_eval_inputs(request); });
  request.space = test::source_dir() / "configs/spaces/fashion_mnist.yaml";
  test::expect_error(Errc::io, "/nowhere: no such file or directory", [&] { read_eval_inputs(request); });
}

TEST(SubnetEvaluation, ResultsAsTextAndJson) {
  Label label{};
  label.correct = 90;
  label.correct5 = 99;
  label.total = 100;
  label.loss = 0.25;
  std::vector<EvalResult> const results{{label, 1234}};
  EXPECT_NE(eval_table(results).find("     0    90.00    82.56 .. 94.48    99.00   0.2500       1234\n"), std::string::npos)
      << eval_table(results);
  auto const json = nlohmann::json::parse(eval_json(results));
  EXPECT_EQ(json[0]["top1"], 90.0);
  EXPECT_EQ(json[0]["correct"], 90);
  EXPECT_EQ(json[0]["images_per_second"], 1234.0);
}

}  // namespace
}  // namespace apq::evaluate
