#include "collect/collect_config.hpp"

#include <gtest/gtest.h>

#include "common/core/error.hpp"

namespace {

using namespace apq;

collect::CollectConfig read(std::string const& text) {
  auto const config = Config::parse(text, "c.yaml");
  auto const result = collect::read_collect_config(config);
  config.finish();
  return result;
}

TEST(CollectConfig, ReadsEveryKey) {
  auto const c = read(
      "{fp: {samples: 7}, quant: {samples: 0, policies_per_architecture: 10}, shard_rows: 3, "
      "flush_seconds: 0}");
  EXPECT_EQ(c.fp_samples, 7u);
  EXPECT_EQ(c.quant_samples, 0u);
  EXPECT_EQ(c.policies_per_architecture, 10);
  EXPECT_EQ(c.shard_rows, 3);
  EXPECT_EQ(c.flush_seconds, 0.0);
}

TEST(CollectConfig, DefaultsAreThoseOfTheStruct) {
  auto const c = read("{}");
  collect::CollectConfig const d;
  EXPECT_EQ(c.fp_samples, d.fp_samples);
  EXPECT_EQ(c.shard_rows, d.shard_rows);
}

TEST(CollectConfig, RefusesUnknownKeysAndValuesOutOfRange) {
  for (char const* text :
       {"{fp: {samples: -1}}", "{quant: {policies_per_architecture: 0}}", "{shard_rows: 0}", "{flush_seconds: -2}", "{shard_row: 5}"}) {
    try {
      read(text);
      ADD_FAILURE() << text;
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::config);
      EXPECT_NE(std::string(e.what()).find("c.yaml:1"), std::string::npos) << e.what();
    }
  }
}

}  // namespace
