#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/config.hpp"
#include "common/core/error.hpp"
#include "common/cost/cost_model.hpp"
#include "common/space/net_config.hpp"
#include "common/space/search_space.hpp"
#include "support/mutation.hpp"
#include "support/net_config_sample.hpp"
#include "support/shared_data.hpp"

// Damaged net configs, space files and experiment files: each is read or refused by one apq::Error.
namespace {
using namespace apq;

/// Runs `read` on 1,000 damaged copies; returns how many were refused.
template <class Read>
int refusals(std::string const& seed, char const* purpose, Read const& read) {
  int refused = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    RandomStream random(1, purpose, i);
    auto const text = test::mutated(seed, random);
    try {
      read(text);
    } catch (Error const& e) {
      EXPECT_TRUE(e.code() == Errc::config || e.code() == Errc::data) << e.what();
      ++refused;
    }
  }
  return refused;
}

TEST(TextMutation, NetConfigs) {
  int const refused = refusals(test::net_config_sample(), "mutation.net_config", [](std::string const& text) {
    auto const space = space::parse_space(space::space_file_of(text, "n.json"), "n.yaml");
    EXPECT_GE(space.num_blocks(), 1);
    EXPECT_TRUE(space::is_valid(space, space::genes_of(space, space::largest_subnet(space))));
  });
  EXPECT_GT(refused, 500);
  EXPECT_LT(refused, 1000) << "some faults fall into keys that are ignored";
}

TEST(TextMutation, SpaceFiles) {
  for (char const* name : {"apq_imagenet.yaml", "fashion_mnist.yaml"}) {
    auto const seed = read_file(test::source_dir() / "configs/spaces" / name);
    int const refused = refusals(seed, name, [](std::string const& text) {
      auto const space = space::parse_space(text, "s.yaml");
      EXPECT_TRUE(space::is_valid(space, space::genes_of(space, space::largest_subnet(space))));
    });
    EXPECT_GT(refused, 300);
    EXPECT_LT(refused, 1000);
  }
}

TEST(TextMutation, ExperimentFiles) {
  auto const seed = read_file(test::source_dir() / "configs/quickstart.yaml");
  int const refused = refusals(seed, "mutation.experiment", [](std::string const& text) {
    auto config = Config::parse(text, "e.yaml");
    auto study = config.section("study");
    study.get_or<std::uint64_t>("seed", 1, {"Seed"});
    study.get_or<std::string>("name", "", {"Name"});
    cost::read_cost_config(config.section("cost"));
    auto collect = config.section("collect");
    collect.section("fp").get_or<int>("samples", 1, {1, 1'000'000}, {"Samples"});
    EXPECT_FALSE(config.resolved().empty());
  });
  EXPECT_GT(refused, 100);
  EXPECT_LT(refused, 1000);
}

TEST(TextMutation, BombsAreRefused) {
  auto refused = [](std::string const& text) {
    try {
      Config::parse(text, "bomb.yaml").finish();
    } catch (Error const& e) {
      return std::string(e.what());
    }
    return std::string("read");
  };
  std::string aliases = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    aliases += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) aliases += "*a" + std::to_string(i - 1) + (j < 9 ? ", " : "]\n");
  }
  EXPECT_NE(refused(aliases), "read");
  EXPECT_NE(refused("a: " + std::string(100'000, '[') + std::string(100'000, ']')).find("nested too deeply"), std::string::npos);
  EXPECT_NE(refused("a: " + std::string(100'000, '{')), "read");
  std::string block;
  for (int i = 0; i < 2000; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_NE(refused(block).find("nested too deeply"), std::string::npos);
  std::string dashes = "a:\n";
  for (int i = 0; i < 20'000; ++i) dashes += "- ";
  EXPECT_NE(refused(dashes).find("nested too deeply"), std::string::npos);
  std::string questions(20'000, '?');
  for (std::size_t i = 1; i < questions.size(); i += 2) questions[i] = ' ';
  EXPECT_NE(refused(questions), "read");
  std::string hidden = "a:\n";  // each bracket closed in a comment alone
  for (int i = 0; i < 20'000; ++i) hidden += " [ #]\n";
  EXPECT_NE(refused(hidden), "read");
  EXPECT_NE(refused("a: " + std::string(std::size_t{17} << 20, 'x')).find("larger than 16 MiB"), std::string::npos);
}

}  // namespace
