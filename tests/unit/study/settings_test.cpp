#include "study/settings.hpp"

#include <gtest/gtest.h>

#include "common/core/error.hpp"

using namespace apq;
using namespace apq::study;

TEST(Settings, KeysAreDottedAndListsOfSectionsAreNumbered) {
  auto const settings = settings_of(
      "study: {seed: 3, name: a}\ntrain: {curve: [0.5, 1]}\nsearch:\n  constraints:\n    - {metric: macs}\n    - {metric: params}\n", "x");
  EXPECT_EQ(settings, (Settings{{"study.seed", "3"},
                                {"study.name", "a"},
                                {"train.curve", "[0.5, 1]"},
                                {"search.constraints[0].metric", "macs"},
                                {"search.constraints[1].metric", "params"}}));
}

TEST(Settings, SelectsKeysAndWholeSections) {
  Settings const all{
      {"search.population", "1"}, {"search.constraints[0].limit", "2"}, {"searching", "3"}, {"cost.basis", "paper"}, {"cost.table", ""}};
  EXPECT_EQ(selected(all, {"search", "cost.basis"}),
            (Settings{{"search.population", "1"}, {"search.constraints[0].limit", "2"}, {"cost.basis", "paper"}}));
  EXPECT_EQ(selected(all, {"search.constraints"}), (Settings{{"search.constraints[0].limit", "2"}}));
}

TEST(Settings, TextThatIsNotYamlIsRefusedByName) {
  try {
    settings_of("a: [", "study/config.yaml");
    FAIL() << "taken";
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::data);
    EXPECT_EQ(std::string(e.what()).find("study/config.yaml:1: is not valid YAML"), 0u) << e.what();
  }
}
