#include "common/space/space_summary.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/space/subnet_json.hpp"
#include "support/error_of.hpp"
#include "support/net_config_sample.hpp"
#include "support/temp_dir.hpp"
#include "support/tiny_space.hpp"

namespace apq::space {
namespace {

TEST(SpaceSummary, SaysTheSameAsTextAndJson) {
  auto const space = test::tiny_space();
  auto const table = summary_table(space);
  EXPECT_NE(table.find("tiny (hash " + space.hash + ")\n"), std::string::npos);
  EXPECT_NE(table.find("  architectures   16\n"), std::string::npos) << table;
  EXPECT_EQ(table.find("image sizes"), std::string::npos);
  EXPECT_NE(summary_table(test::few_hundred_subnets()).find("  image sizes     2 from 24 to 32\n"), std::string::npos);
  auto const json = nlohmann::json::parse(summary_json(space));
  EXPECT_EQ(json["architectures"], 16);
  EXPECT_EQ(json["genes"], space.num_genes());
  EXPECT_EQ(json["hash"], space.hash);
}

TEST(SpaceSummary, RandomSubnetsDependOnSeedAndPlaceAlone) {
  auto const space = test::few_hundred_subnets();
  auto const three = random_subnets(space, 7, 3, true), five = random_subnets(space, 7, 5, true);
  ASSERT_EQ(five.size(), 5u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(three[i], five[i]);
  EXPECT_NE(five, random_subnets(space, 8, 5, true));
  EXPECT_TRUE(five[0].contains("pw_w_bits"));
  EXPECT_FALSE(random_subnets(space, 7, 1, false)[0].contains("pw_w_bits"));
  for (auto const& json : five) EXPECT_NO_THROW(subnet_from_json(space, json, "drawn"));
  EXPECT_TRUE(random_subnets(space, 7, 0, true).empty());
}

TEST(SpaceSummary, LargestSubnetAtBitsOfTheSpace) {
  auto const space = test::few_hundred_subnets();
  EXPECT_FALSE(largest_subnet_json(space, {})[0].contains("pw_w_bits"));
  EXPECT_EQ(largest_subnet_json(space, {8, 8})[0]["pw_w_bits"][0], 8);
  EXPECT_TRUE(test::error_of([&] { largest_subnet_json(space, {4, 4}); }).has_value());  // dw_a 4 is forbidden with kernel 7
}

TEST(SpaceSummary, SpaceAroundANet) {
  test::TempDir directory;
  replace_file(directory / "net.json", test::net_config_sample());
  auto const said = write_space_of_net(directory / "net.json", directory / "space.yaml");
  EXPECT_NE(said.find("space.yaml: 5 blocks in 2 stages, "), std::string::npos) << said;
  EXPECT_EQ(load_space(directory / "space.yaml").num_blocks(), 5);
  replace_file(directory / "net.json", "{}");
  EXPECT_TRUE(test::error_of([&] { write_space_of_net(directory / "net.json", directory / "other.yaml"); }).has_value());
  EXPECT_FALSE(std::filesystem::exists(directory / "other.yaml"));
}

}  // namespace
}  // namespace apq::space
