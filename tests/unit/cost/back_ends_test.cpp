#include "common/cost/back_ends.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/cost/bitfusion.hpp"
#include "support/temp_dir.hpp"

namespace {
using namespace apq;
using namespace apq::cost;

LayerShape const pointwise{8, 16, 4, 1, 1, 1};
LayerShape const depthwise{16, 16, 4, 3, 1, 16};

class BackEnds : public testing::Test {
 protected:
  std::filesystem::path write(std::string const& name, std::string const& text) const {
    replace_file(dir_ / name, text);
    return dir_ / name;
  }
  std::filesystem::path table() const {
    return write("table.json", R"({"head": {"latency": 1, "energy": 2}, "tail": {"latency": 10, "energy": 20},
                                   "(8, 16, 4, 1, 1, 0, 1)-W8A4": {"latency": 100, "energy": 200}})");
  }
  static std::string refusal(BackEndConfig const& config, Errc code) {
    try {
      make_back_ends(config, true);
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), code) << e.what();
      return e.what();
    }
    return "no error";
  }
  test::TempDir dir_;
};

TEST_F(BackEnds, TheModelAloneAnswersForEveryLayer) {
  auto const back_ends = make_back_ends({}, true);
  ASSERT_EQ(back_ends.size(), 1u);
  EXPECT_EQ(back_ends[0]->name(), "analytic model of bitfusion_edge");
  for (auto const use : {LayerUse::block, LayerUse::stem, LayerUse::feature_mix, LayerUse::unlisted})
    for (bool const is_forbidden : {false, true}) {
      auto const cost = back_ends[0]->cost_of({depthwise, {4, 8}, use, is_forbidden});
      ASSERT_TRUE(cost);
      auto const run = run_layer(depthwise, {4, 8}, {});
      EXPECT_EQ(cost->latency_ms, latency_ms(run, {}));
      EXPECT_EQ(cost->energy_mj, energy_nj(run, {}) * 1e-6);
    }
}

TEST_F(BackEnds, ATableIsAskedFirstAndLeavesTheRestToTheModel) {
  auto const back_ends = make_back_ends({.table = table()}, true);
  ASSERT_EQ(back_ends.size(), 2u);
  auto& of_table = *back_ends[0];
  EXPECT_EQ(of_table.name(), "table " + (dir_ / "table.json").string());
  EXPECT_EQ(of_table.cost_of({pointwise, {8, 4}})->latency_ms, 100);
  EXPECT_EQ(of_table.cost_of({pointwise, {8, 8}, LayerUse::stem})->energy_mj, 2);
  EXPECT_EQ(of_table.cost_of({pointwise, {8, 8}, LayerUse::feature_mix})->energy_mj, 20);
  EXPECT_FALSE(of_table.cost_of({pointwise, {8, 4}, LayerUse::unlisted}));
  EXPECT_TRUE(std::isnan(of_table.cost_of({pointwise, {8, 4}, LayerUse::block, true})->latency_ms));
  EXPECT_THROW(of_table.cost_of({pointwise, {8, 8}}), Error);
  EXPECT_TRUE(back_ends[1]->cost_of({pointwise, {8, 4}, LayerUse::unlisted}));
}

TEST_F(BackEnds, WhereSizesDifferATablesOwnNamesSayNothing) {
  auto const back_ends = make_back_ends({.table = table()}, false);
  EXPECT_EQ(back_ends[0]->cost_of({pointwise, {8, 4}, LayerUse::stem})->latency_ms, 100);
  EXPECT_THROW(back_ends[0]->cost_of({depthwise, {8, 4}, LayerUse::feature_mix}), Error);
}

TEST_F(BackEnds, IdentitiesAreThoseOfContents) {
  auto const file = table();
  auto const before = make_back_ends({.table = file}, true)[0]->identity();
  auto const copy = write("copy.json", read_file(file));
  EXPECT_EQ(make_back_ends({.table = copy}, true)[0]->identity(), before);
  write("table.json", R"({"head": {"latency": 2, "energy": 2}})");
  EXPECT_NE(make_back_ends({.table = file}, true)[0]->identity(), before);
  auto const slower = write("slow.yaml", "frequency_mhz: 250");
  EXPECT_NE(make_back_ends({.hardware = slower}, true)[0]->identity(), make_back_ends({}, true)[0]->identity());
}

TEST_F(BackEnds, TheModelIsNamedInItsFile) {
  auto const named = write("h.yaml", "model: bitfusion\nname: mine");
  EXPECT_EQ(make_back_ends({.hardware = named}, true)[0]->name(), "analytic model of mine");
  auto const unknown = write("h.yaml", "model: abacus");
  EXPECT_NE(refusal({.hardware = unknown}, Errc::config).find("h.yaml:1: model = abacus"), std::string::npos);
  auto const key = write("h.yaml", "speed: 3");
  EXPECT_NE(refusal({.hardware = key}, Errc::config).find("h.yaml:1: speed: unknown key"), std::string::npos);
}

TEST_F(BackEnds, MissingFilesAreNamed) {
  EXPECT_NE(refusal({.table = dir_ / "no.json"}, Errc::io).find("no.json"), std::string::npos);
  EXPECT_NE(refusal({.hardware = dir_ / "no.yaml"}, Errc::io).find("no.yaml"), std::string::npos);
}

}  // namespace
