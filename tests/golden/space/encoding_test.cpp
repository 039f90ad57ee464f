// Encoder parity with the released code, index by index.
#include "common/space/encoding.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/space/subnet_json.hpp"
#include "support/shared_data.hpp"

namespace {
using namespace apq;

TEST(GoldenEncoding, OnesMatchTheReleaseFromRatiosAndFromWidths) {
  APQ_REQUIRE_GOLDEN(golden);
  auto const space = space::load_space(test::source_dir() / "configs/spaces/apq_imagenet.yaml");
  space::Encoding const encoding(space);
  auto const file = nlohmann::json::parse(read_file(golden / "apq_cases.json"));
  EXPECT_EQ(encoding.architecture_size(), file.at("half_dim").get<int>());
  EXPECT_EQ(encoding.full_size(), file.at("full_dim").get<int>());
  ASSERT_FALSE(file.at("cases").empty());
  int index = 0;
  for (auto const& item : file.at("cases")) {
    SCOPED_TRACE(index++);
    auto widths = item.at("arch");
    auto ratios = widths;
    ratios.erase("mid_channels");
    widths.erase("e");
    auto const expected = item.at("one_hot_on").get<std::vector<int>>();
    auto const from_widths = space::subnet_from_json(space, widths, "case");
    auto const from_ratios = space::subnet_from_json(space, ratios, "case");
    EXPECT_EQ(from_widths, from_ratios);
    EXPECT_EQ(encoding.ones(space::genes_of(space, from_widths)), expected);
    auto const through_release = space::subnet_from_json(space, space::to_release_json(space, from_ratios), "case");
    EXPECT_EQ(encoding.ones(space::genes_of(space, through_release)), expected);
  }
}

}  // namespace
