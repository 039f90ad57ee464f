#include "common/space/subnet_json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"

namespace {
using namespace apq;
using namespace apq::space;
using Json = nlohmann::json;

class SubnetJson : public testing::Test {
 protected:
  std::string refusal(Json const& json) const {
    try {
      subnet_from_json(space_, json, "F.json: subnet 2");
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::data);
      return e.what();
    }
    return "no error";
  }
  Subnet random_subnet(std::uint64_t index, bool quantised) const {
    RandomStream random(3, "json", index);
    return subnet_of(space_, random_genes(space_, random, quantised));
  }
  SearchSpace const space_ = load_space(test::source_dir() / "configs/spaces/apq_imagenet.yaml");
};

TEST_F(SubnetJson, BothFormsRoundTrip) {
  for (std::uint64_t i = 0; i < 50; ++i)
    for (bool quantised : {false, true}) {
      auto const subnet = random_subnet(i, quantised);
      EXPECT_EQ(subnet_from_json(space_, to_json(space_, subnet), "t"), subnet);
      EXPECT_EQ(subnet_from_json(space_, to_release_json(space_, subnet), "t"), subnet);
    }
}

TEST_F(SubnetJson, WidthsWinOverRatios) {
  auto json = to_json(space_, largest_subnet(space_));
  json["e"] = std::vector<double>(21, 4.0);
  EXPECT_EQ(subnet_from_json(space_, json, "t").middle_channels.front(), 96);
  json.erase("mid_channels");
  EXPECT_EQ(subnet_from_json(space_, json, "t").middle_channels.front(), 64);
}

TEST_F(SubnetJson, ADepthWithoutAChoiceIsNotRead) {
  auto json = to_json(space_, largest_subnet(space_));
  json["d"][5] = 4;  // the release carries 2 to 4 for the last stage, which always has one block
  EXPECT_EQ(subnet_from_json(space_, json, "t").depths.back(), 1);
}

TEST_F(SubnetJson, RatiosRoundAsTheNetworkDoes) {
  EXPECT_EQ(channels_from_ratio(24, 4.0, 8), 96);
  EXPECT_EQ(channels_from_ratio(16, 4.75, 8), 80);  // 76 -> 80
  EXPECT_EQ(channels_from_ratio(16, 4.74, 8),
            80);                                    // 75.84 -> 76 -> 80, where unrounded 75.84 gives 72
  EXPECT_EQ(channels_from_ratio(10, 4.25, 4), 44);  // 42.5 rounds to even 42 -> 44
  EXPECT_EQ(channels_from_ratio(1, 1.0, 8), 8);     // never below the divisor
  EXPECT_EQ(channels_from_ratio(11, 1.0, 8), 16);   // 8 would lose more than 10 %
}

TEST_F(SubnetJson, RefusalsNameSourceAndField) {
  auto const good = to_json(space_, largest_subnet(space_));
  auto json = good;
  json.erase("ks");
  EXPECT_EQ(refusal(json), "F.json: subnet 2: ks is missing; it must be a list of 21 numbers");
  json = good;
  json["d"].push_back(2);
  EXPECT_EQ(refusal(json), "F.json: subnet 2: d must be a list of 6 numbers, and is a list of 7");
  json = good;
  json["ks"][4] = "big";
  EXPECT_EQ(refusal(json), "F.json: subnet 2: ks[4] is not a number");
  json = good;
  json["ks"][4] = 3.5;
  EXPECT_EQ(refusal(json), "F.json: subnet 2: ks[4] = 3.5 is not a whole number");
  json = good;
  json["ks"][4] = 9;
  EXPECT_EQ(refusal(json), "F.json: subnet 2: block 4: ks = 9 is not in the space; allowed: 3, 5, 7");
  json = good;
  json.erase("mid_channels");
  EXPECT_EQ(refusal(json), "F.json: subnet 2: has neither mid_channels nor e");
  json = good;
  json["pw_w_bits"] = std::vector<int>(21, 8);
  EXPECT_EQ(refusal(json), "F.json: subnet 2: pw_a_bits is missing; it must be a list of 21 numbers");
  EXPECT_NE(refusal(Json(3)), "no error");
  EXPECT_NE(refusal(Json::array({1, 2, 3})), "no error");
}

TEST_F(SubnetJson, FilesHoldOneOrMany) {
  test::TempDir const dir;
  auto const file = dir / "subnets.json";
  auto const a = random_subnet(1, true);
  auto const b = random_subnet(2, false);
  auto load = [&](Json const& json) {
    replace_file(file, json.dump());
    return load_subnets(space_, file);
  };
  EXPECT_EQ(load(to_json(space_, a)), (std::vector{a}));
  EXPECT_EQ(load(to_release_json(space_, a)), (std::vector{a}));
  EXPECT_EQ(load(Json::array({to_json(space_, a)})), (std::vector{a}));
  EXPECT_EQ(load(Json::array({to_json(space_, b), to_json(space_, a)})), (std::vector{b, a}));
  EXPECT_EQ(load(Json::array({to_release_json(space_, a), to_release_json(space_, b)})), (std::vector{a, b}));
  EXPECT_TRUE(load(Json::array()).empty());
  replace_file(file, "{");
  EXPECT_THROW(load_subnets(space_, file), Error);
  EXPECT_THROW(load_subnets(space_, dir / "absent.json"), Error);
}

TEST_F(SubnetJson, FilesMayHoldWinnersOfAStudy) {
  test::TempDir const dir;
  auto const file = dir / "winner.json";
  auto const load = [&](Json const& json) {
    replace_file(file, json.dump());
    return load_subnets(space_, file);
  };
  auto const refusal_of = [&](Json const& json) -> std::string {
    try {
      load(json);
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::data);
      return std::string(e.what()).substr(file.string().size());
    }
    return "no error";
  };
  for (bool const quantised : {true, false}) {
    auto const subnet = random_subnet(5, quantised);
    Json const winner{{"format", "apq winner"}, {"subnet", to_json(space_, subnet)}, {"genes", genes_of(space_, subnet)}, {"limit", 8.4}};
    EXPECT_EQ(load(winner), (std::vector{subnet}));
    EXPECT_EQ(load(Json::array({winner, to_json(space_, subnet)})), (std::vector{subnet, subnet}));
    auto without = winner;
    without.erase("genes");
    EXPECT_EQ(load(without), (std::vector{subnet}));

    std::string const misfit = ": genes are not those of subnet in this space";
    auto wrong = winner;
    wrong["genes"].push_back(1);
    EXPECT_EQ(refusal_of(wrong).find(misfit), 0u);
    wrong = winner;
    wrong["genes"][0] = winner["genes"][0].get<int>() == 1 ? 2 : 1;
    EXPECT_EQ(refusal_of(wrong).find(misfit), 0u);
    EXPECT_EQ(refusal_of(Json::array({winner, wrong})).find(": subnet 1: genes are not"), 0u);
    wrong["genes"] = Json::array();
    EXPECT_EQ(refusal_of(wrong).find(misfit), 0u);
    wrong["genes"][0] = "one";
    EXPECT_EQ(refusal_of(wrong).find(misfit), 0u);
    wrong["genes"] = 3;
    EXPECT_EQ(refusal_of(wrong).find(": genes must be a list of "), 0u);
    wrong = winner;
    wrong["subnet"].erase("ks");
    EXPECT_EQ(refusal_of(wrong), ": subnet: ks is missing; it must be a list of 21 numbers");
  }
}

}  // namespace
