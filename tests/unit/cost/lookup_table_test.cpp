#include "common/cost/lookup_table.hpp"

#include <array>
#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/cost/cost_model.hpp"
#include "support/temp_dir.hpp"

namespace {
using namespace apq;
using namespace apq::cost;

std::string const yaml = R"(name: one_block
image: {channels: 3, size: 8, classes: 10}
stem: {width: 8, kernel: 3, stride: 2}
first_block: {width: 8, kernel: 3}
feature_mix: {width: 32}
stages:
  - {width: 8, stride: 2, depths: [1], kernels: [3, 7], middle: [16]}
bits: {pw_w: [8], pw_a: [4], dw_w: [8], dw_a: [4, 8]}
forbidden: [{kernel: 7, role: dw_a, bits: 4}]
)";

nlohmann::json table() {
  auto entry = [](double latency, double energy) { return nlohmann::json{{"latency", latency}, {"energy", energy}}; };
  return {{"head", entry(1, 2)},
          {"tail", entry(10, 20)},
          {"(8, 16, 4, 1, 1, 0, 1)-W8A4", entry(100, 200)},
          {"(16, 8, 2, 1, 1, 0, 1)-W8A4", entry(1000, 2000)},
          {"(16, 16, 4, 3, 2, 1, 16)-W8A4", entry(3e4, 3e5)},
          {"(16, 16, 4, 3, 2, 1, 16)-W8A8", entry(4e4, 4e5)},
          {"(16, 16, 4, 7, 2, 3, 16)-W8A8", entry(5e4, 5e5)}};
}

class Table : public testing::Test {
 protected:
  std::filesystem::path write(std::string const& text) const {
    replace_file(file_, text);
    return file_;
  }
  std::string refusal(std::string const& text) const {
    try {
      CostModel(space_, {.table = write(text)});
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::data);
      return e.what();
    }
    return "no error";
  }
  test::TempDir dir_;
  std::filesystem::path const file_ = dir_ / "table.json";
  space::SearchSpace const space_ = space::parse_space(yaml, "one_block.yaml");
};

TEST_F(Table, SumsHeadTailAndTheLayersOfTheBlock) {
  CostModel const model(space_, {.table = write(table().dump())});
  EXPECT_DOUBLE_EQ(model.fixed(true).latency_ms, 11);
  EXPECT_DOUBLE_EQ(model.fixed(true).energy_mj, 22);
  EXPECT_DOUBLE_EQ(model.block(0, 3, 16, std::array{8, 4, 8, 4}).latency_ms, 31100);
  EXPECT_DOUBLE_EQ(model.block(0, 7, 16, std::array{8, 4, 8, 8}).energy_mj, 502200);
  EXPECT_TRUE(std::isnan(model.block(0, 7, 16, std::array{8, 4, 8, 4}).latency_ms)) << "forbidden and absent";
  CostModel const complete(space_, {.basis = Basis::complete, .table = file_});
  EXPECT_GT(complete.fixed(true).latency_ms, 11);
  EXPECT_NE(complete.description().find("first block and classifier from the analytic model"), std::string::npos);
}

TEST_F(Table, MissingLayersAreNamed) {
  auto const full = table();
  for (auto const& [key, value] : full.items()) {
    auto text = full;
    text.erase(key);
    EXPECT_NE(refusal(text.dump()).find("table.json: lacks the layer " + key), std::string::npos) << key;
  }
}

TEST_F(Table, AModelSaysWhatItsCostsDependOn) {
  auto const identity = [&](CostConfig const& config) { return CostModel(space_, config).identity(); };
  write(table().dump());
  auto const before = identity({.table = file_});
  EXPECT_NE(before, identity({}));
  EXPECT_NE(before, identity({.basis = Basis::complete, .table = file_}));
  auto other = table();
  other["tail"]["energy"] = 20.5;
  write(other.dump());
  EXPECT_NE(before, identity({.table = file_}));
  write(table().dump());
  EXPECT_EQ(before, identity({.table = file_}));
}

// A layer that only the smallest images have is missed before any subnet is priced.
TEST(TableOfSeveralSizes, LayersOfEverySizeAreAskedFor) {
  test::TempDir const dir;
  auto text = yaml;
  text.replace(text.find("size: 8"), 7, "sizes: {min: 8, max: 16, step: 8}");
  auto const space = space::parse_space(text, "two_sizes.yaml");
  nlohmann::json table;
  auto const entry = nlohmann::json{{"latency", 1}, {"energy", 2}};
  std::string missing;
  for (;;) {  // each refusal names one more layer that it lacks
    replace_file(dir / "table.json", table.is_null() ? "{}" : table.dump());
    try {
      CostModel(space, {.table = dir / "table.json"});
      break;
    } catch (Error const& e) {
      std::string const message = e.what(), phrase = "table.json: lacks the layer ";
      ASSERT_NE(message.find(phrase), std::string::npos) << message;
      missing = message.substr(message.find(phrase) + phrase.size());
      missing = missing.substr(0, missing.find(" of the space"));
      ASSERT_FALSE(table.contains(missing)) << missing;
      table[missing] = entry;
    }
  }
  EXPECT_TRUE(table.contains("(16, 8, 2, 1, 1, 0, 1)-W8A4")) << "of images of 8 pixels";
  EXPECT_TRUE(table.contains("(16, 8, 4, 1, 1, 0, 1)-W8A4")) << "of images of 16 pixels";
}

TEST_F(Table, DamagedFilesAreRefused) {
  EXPECT_NE(refusal("{").find("is not valid JSON"), std::string::npos);
  EXPECT_NE(refusal(R"({"head": {"latency": )" + std::string(200'000, '[')).find(":1: is nested too deeply"), std::string::npos);
  EXPECT_NE(refusal("{\"head\": {\"latency\": 1, \"energy\": 1},\n\"head\": {}}").find(":2: has the key \"head\" twice"),
            std::string::npos);
  EXPECT_NE(refusal("[]").find("must be an object"), std::string::npos);
  EXPECT_NE(refusal(R"({"head": 3})").find("head has no latency"), std::string::npos);
  EXPECT_NE(refusal(R"({"head": {"latency": 1}})").find("head has no energy"), std::string::npos);
  EXPECT_NE(refusal(R"({"head": {"latency": -1, "energy": 1}})").find("head has no latency"), std::string::npos);
}

TEST_F(Table, FindDoesNotThrow) {
  LookupTable const lookup(write(table().dump()));
  EXPECT_FALSE(lookup.find("(1, 1, 1, 1, 1, 0, 1)-W8A8").has_value());
  EXPECT_EQ(lookup.find("tail")->energy_mj, 20);
  EXPECT_EQ(lookup.entries().size(), 7u);
}

}  // namespace
