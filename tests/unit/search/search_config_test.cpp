#include "search/search_config.hpp"

#include <gtest/gtest.h>

#include "common/core/error.hpp"

namespace {

using namespace apq;

std::string message_of(std::string const& yaml) {
  try {
    search::read_search_config(Config::parse(yaml, "s.yaml"));
  } catch (Error const& e) {
    return e.what();
  }
  return "";
}

TEST(SearchConfig, MistakesAreNamedWithTheirLine) {
  EXPECT_NE(message_of("parents: 200").find("s.yaml:1: parents = 200: is more than search.population"), std::string::npos);
  EXPECT_NE(message_of("constraints:\n  - {metric: speed, limit: 1}").find("s.yaml:2: constraints[0].metric = speed"), std::string::npos);
  EXPECT_NE(message_of("constraints:\n  - {metric: bitops}").find("needs either limit"), std::string::npos);
  EXPECT_NE(message_of("constraints:\n  - {metric: bitops, limit: -1}").find("must be positive"), std::string::npos);
  EXPECT_EQ(message_of("constraints:\n  - {metric: bitops, limit: 3, also: [{metric: latency_ms, quantile: 0.5}]}"), "");
}

}  // namespace
