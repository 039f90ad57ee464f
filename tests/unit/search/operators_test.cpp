#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "search/archive.hpp"
#include "search/cheapest.hpp"
#include "search/feasible_member.hpp"
#include "search/fingerprint.hpp"
#include "search/known_scores.hpp"
#include "search/repair.hpp"
#include "search/search_config.hpp"
#include "search/variation.hpp"
#include "support/shared_data.hpp"

namespace {

using namespace apq;
using search::Domain;

// Two blocks: small enough that random draws find every member.
char const* const tiny_yaml = R"(
name: tiny
image: {channels: 1, SIZES, classes: 2}
stem: {width: 4, kernel: 3, stride: 2}
first_block: {width: 4, kernel: 3}
feature_mix: {width: 8}
channel_divisor: 4
stages:
  - {width: 8, stride: 2, depths: [1, 2], kernels: [3, 5], middle: {min_ratio: 1, max_ratio: 2, step: 4}}
bits: {pw_w: [4, 8], pw_a: [4, 8], dw_w: [8], dw_a: [4, 8]}
forbidden:
  - {kernel: 5, role: dw_a, bits: 4}
)";

struct Setting {
  space::SearchSpace space;
  cost::CostModel cost_model;
  explicit Setting(space::SearchSpace s) : space(std::move(s)), cost_model(space, {}) {}
};

char const* const one_size = "size: 8";
char const* const three_sizes = "sizes: {min: 8, max: 16, step: 4}";
Setting tiny(std::string const& sizes) {
  std::string yaml = tiny_yaml;
  return Setting(space::parse_space(yaml.replace(yaml.find("SIZES"), 5, sizes), "tiny.yaml"));
}
Setting small() { return Setting(space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml")); }

space::Genes mutant_of(Domain const& domain, space::Genes const& parent, search::ReleaseSlips const& slips, RandomStream& random) {
  space::Genes child(parent.size());
  search::mutate(domain, parent, 0, slips, random, child);
  return child;
}

space::Genes child_of(Domain const& domain, space::Genes const& first, space::Genes const& second, RandomStream& random) {
  space::Genes child(first.size());
  search::cross(domain, first, second, {}, random, child);
  return child;
}

void expect_equal(cost::Cost const& a, cost::Cost const& b) {
  for (auto const& row : cost::metrics) EXPECT_EQ(a.*row.field, b.*row.field) << row.name;
}

void expect_cheapest_is_the_minimum(Setting const& s) {
  std::set<space::Genes> members;
  for (std::uint64_t i = 0; i < 60000u * s.space.image_sizes.size(); ++i) {
    RandomStream random(1, "test.enumerate", i);
    members.insert(space::random_genes(s.space, random, true));
  }
  ASSERT_EQ(static_cast<double>(members.size()), space::count(s.space).joint);
  for (auto const& row : cost::metrics) {
    auto const metric = row.metric;
    double smallest = INFINITY;
    for (auto const& genes : members) smallest = std::min(smallest, cost::value_of(s.cost_model(genes), metric));
    auto const found = search::cheapest(Domain(s.space), s.cost_model, metric);
    EXPECT_TRUE(space::is_valid(s.space, found));
    EXPECT_NEAR(cost::value_of(s.cost_model(found), metric), smallest, 1e-9 * smallest) << cost::name_of(metric);
  }
}

TEST(Cheapest, IsTheMinimumOfTheWholeSpaceForEveryMetric) { expect_cheapest_is_the_minimum(tiny(one_size)); }

TEST(Cheapest, IsTheMinimumOverImageSizesToo) {
  auto const s = tiny(three_sizes);
  expect_cheapest_is_the_minimum(s);
  // What the smallest image alone allows is found, and what not even it does is refused.
  Domain const domain(s.space);
  double const smallest = s.cost_model(search::cheapest(domain, s.cost_model, cost::Metric::macs)).macs;
  auto const found = search::feasible_member(domain, s.cost_model, {{cost::Metric::macs, smallest}}, "here");
  EXPECT_EQ(space::image_size_of(s.space, found), 8);
  EXPECT_THROW(search::feasible_member(domain, s.cost_model, {{cost::Metric::macs, smallest * 0.99}}, "here"), Error);
}

TEST(Cheapest, AnImpossibleLimitNamesTheSmallestPossibleCost) {
  auto const s = small();
  Domain const domain(s.space);
  double const smallest = s.cost_model(search::cheapest(domain, s.cost_model, cost::Metric::latency_ms)).latency_ms;
  try {
    search::feasible_member(domain, s.cost_model, {{cost::Metric::latency_ms, smallest * 0.99}}, "study.yaml:9: search.constraints[0]");
    FAIL() << "must be refused";
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::numeric);
    EXPECT_NE(std::string(e.what()).find("study.yaml:9"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("latency_ms"), std::string::npos) << e.what();
  }
  EXPECT_NO_THROW(search::feasible_member(domain, s.cost_model, {{cost::Metric::latency_ms, smallest * 1.0001}}, "here"));
}

void expect_repair_reaches_feasible_limits(Setting const& s) {
  Domain const domain(s.space);
  for (std::uint64_t i = 0; i < 300; ++i) {
    RandomStream random(4, "test.repair", i);
    auto const metric = cost::metrics[random.below(cost::num_metrics)].metric;
    double const low = cost::value_of(s.cost_model(search::cheapest(domain, s.cost_model, metric)), metric);
    auto genes = space::random_genes(s.space, random, true);
    double const high = cost::value_of(s.cost_model(genes), metric);
    search::Limits const constraint{{metric, low + random.uniform() * (high - low)}};
    auto const fallback = search::feasible_member(domain, s.cost_model, constraint, "test");
    auto const before = genes;
    auto const cost = search::repair(domain, s.cost_model, constraint, fallback, genes, random);
    EXPECT_TRUE(space::is_valid(s.space, genes));
    EXPECT_TRUE(search::is_met(constraint, cost));
    expect_equal(cost, s.cost_model(genes));  // to the last bit, whatever moves led there
    if (search::is_met(constraint, s.cost_model(before))) {
      EXPECT_EQ(genes, before);
    }
  }
}

TEST(Repair, AlwaysReachesTheLimitWhereItIsFeasible) {
  expect_repair_reaches_feasible_limits(small());
  expect_repair_reaches_feasible_limits(tiny(three_sizes));
}

TEST(Repair, LowersTheImageSizeWhereNothingElseIsLeft) {
  auto const s = tiny(three_sizes);
  Domain const domain(s.space);
  auto const size = static_cast<std::size_t>(domain.layout().image_size());
  auto const smallest = search::cheapest(domain, s.cost_model, cost::Metric::macs);
  auto genes = smallest;
  genes[size] = 3;
  search::Limits const constraint{{cost::Metric::macs, s.cost_model(smallest).macs}};
  space::Genes unlike = smallest;  // shows that the fallback was not what helped
  unlike[static_cast<std::size_t>(domain.layout().bits(space::Role::pw_w, 0))] = 2;
  RandomStream random(5, "test.size");
  search::repair(domain, s.cost_model, constraint, unlike, genes, random);
  EXPECT_EQ(genes, smallest);
}

TEST(Variation, ChildrenAreValidAndDepthMutates) {
  auto const s = small();
  Domain const domain(s.space);
  space::GeneLayout const layout(s.space);
  int changed_depth = 0, changed = 0;
  for (std::uint64_t i = 0; i < 500; ++i) {
    RandomStream random(6, "test.variation", i);
    auto const first = space::random_genes(s.space, random, true);
    auto const second = space::random_genes(s.space, random, true);
    auto const mutant = mutant_of(domain, first, {}, random);
    auto const child = child_of(domain, first, second, random);
    EXPECT_TRUE(space::is_valid(s.space, mutant));
    EXPECT_TRUE(space::is_valid(s.space, child));
    changed += mutant != first;
    for (int stage = 0; stage < s.space.num_stages(); ++stage) {
      auto const depth = static_cast<std::size_t>(layout.depth(stage));
      changed_depth += mutant[depth] != first[depth];
      EXPECT_TRUE(child[depth] == first[depth] || child[depth] == second[depth]);
    }
  }
  EXPECT_GT(changed, 400);
  EXPECT_GT(changed_depth, 20);
}

TEST(Variation, ImageSizesAreDrawnMutatedAndInherited) {
  auto const s = tiny(three_sizes);
  Domain const domain(s.space);
  auto const size = static_cast<std::size_t>(domain.layout().image_size());
  std::set<int> drawn, mutated;
  bool takes_second = false;
  for (std::uint64_t i = 0; i < 300; ++i) {
    RandomStream random(7, "test.sizes", i);
    space::Genes first(static_cast<std::size_t>(s.space.num_genes())), second(first.size());
    search::draw(domain, random, first);
    search::draw(domain, random, second);
    ASSERT_TRUE(space::is_valid(s.space, first));
    auto const mutant = mutant_of(domain, first, {}, random);
    auto const child = child_of(domain, first, second, random);
    EXPECT_TRUE(space::is_valid(s.space, mutant));
    EXPECT_TRUE(space::is_valid(s.space, child));
    EXPECT_TRUE(child[size] == first[size] || child[size] == second[size]);
    drawn.insert(first[size]);
    if (first[size] == 1) mutated.insert(mutant[size]);
    takes_second |= child[size] == second[size] && first[size] != second[size];
  }
  EXPECT_EQ(drawn, (std::set{1, 2, 3}));
  EXPECT_EQ(mutated, (std::set{1, 2, 3}));
  EXPECT_TRUE(takes_second);
}

// Three changes are expected among the genes that can change, each as likely as the others.
TEST(Variation, MutationChangesEveryGeneAboutEquallyOften) {
  auto const s = small();
  Domain const domain(s.space);
  RandomStream start(9, "test.rate");
  auto const parent = space::random_genes(s.space, start, true);
  int num_free = 0;
  for (std::size_t g = 0; g < parent.size(); ++g) num_free += parent[g] != 0 && domain.choices(static_cast<int>(g)).size() > 1;
  constexpr int num_children = 4000;
  double const expected = num_children * 3.0 / num_free;
  std::vector<int> changes(parent.size());
  for (int i = 0; i < num_children; ++i) {
    RandomStream random(9, "test.rate", static_cast<std::uint64_t>(i));
    auto const child = mutant_of(domain, parent, {.frozen_depth = true}, random);
    for (std::size_t g = 0; g < parent.size(); ++g) changes[g] += child[g] != parent[g];
  }
  for (std::size_t g = 0; g < parent.size(); ++g) {
    if (parent[g] == 0 || domain.choices(static_cast<int>(g)).size() < 2 || static_cast<int>(g) >= 2 * s.space.num_blocks()) continue;
    EXPECT_NEAR(changes[g], expected, 6 * std::sqrt(expected)) << "gene " << g;
  }
}

TEST(Variation, TheReleasesMutationLeavesDepthsAlone) {
  auto const s = small();
  Domain const domain(s.space);
  space::GeneLayout const layout(s.space);
  for (std::uint64_t i = 0; i < 200; ++i) {
    RandomStream random(6, "test.slip", i);
    auto const parent = space::random_genes(s.space, random, true);
    auto const mutant = mutant_of(domain, parent, {.frozen_depth = true}, random);
    for (int stage = 0; stage < s.space.num_stages(); ++stage)
      EXPECT_EQ(mutant[static_cast<std::size_t>(layout.depth(stage))], parent[static_cast<std::size_t>(layout.depth(stage))]);
  }
}

TEST(Archive, KeepsTheFrontWhateverTheOrder) {
  auto const s = small();
  std::vector<search::Candidate> candidates;
  for (std::uint64_t i = 0; i < 200; ++i) {
    RandomStream random(8, "test.archive", i);
    auto const genes = space::random_genes(s.space, random, true);
    candidates.push_back({genes, s.cost_model(genes), std::round(100 * random.uniform()) / 100});
  }
  search::Limits const watched{{cost::Metric::energy_mj, candidates[0].cost.energy_mj}};
  search::Archive forwards({watched}), backwards({watched});
  for (auto const& c : candidates) forwards.add(c);
  for (auto c = candidates.rbegin(); c != candidates.rend(); ++c) backwards.add(*c);
  EXPECT_EQ(forwards.members(), backwards.members());
  // Two halves that tell each other what they remember know as much as one that saw everything.
  search::Archive left({watched}), right({watched});
  for (std::size_t i = 0; i < candidates.size(); ++i) (i % 3 == 0 ? left : right).add(candidates[i]);
  for (auto const& c : right.contents()) left.add(c);
  EXPECT_EQ(left.members(), forwards.members());
  EXPECT_EQ(*left.best(0), *forwards.best(0));
  ASSERT_NE(forwards.best(0), nullptr);
  EXPECT_EQ(*forwards.best(0), *backwards.best(0));
  for (auto const& c : candidates)
    if (search::is_met(watched, c.cost)) {
      EXPECT_LE(c.fitness, forwards.best(0)->fitness);
    }
  auto const front = forwards.front(cost::Metric::latency_ms);
  for (std::size_t i = 1; i < front.size(); ++i) {
    EXPECT_GT(front[i].cost.latency_ms, front[i - 1].cost.latency_ms);
    EXPECT_GT(front[i].fitness, front[i - 1].fitness);
  }
}

TEST(KnownScores, FindsWhatWasAddedAcrossItsGrowth) {
  search::KnownScores known;
  auto const key = [](std::uint32_t i) {
    std::array<std::uint8_t, 5> genes{1, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8),
                                      static_cast<std::uint8_t>(i >> 16), 2};
    return search::fingerprint(genes);
  };
  constexpr std::uint32_t n = 20000;
  for (std::uint32_t i = 0; i < n; ++i) {
    known.reserve(1);
    auto const found = known.find_or_add(key(i));
    ASSERT_TRUE(found.is_new);
    ASSERT_EQ(found.number, i);
    known[found.number] = i;
  }
  for (std::uint32_t i = 0; i < n; ++i) {
    auto const found = known.find_or_add(key(i));
    EXPECT_FALSE(found.is_new);
    EXPECT_EQ(known[found.number], i);
  }
  EXPECT_EQ(known.size(), n);
}

// Known answers, computed with the reference MurmurHash3_x64_128 at seed 0.
TEST(Fingerprint, IsMurmurHash3AndEveryByteCounts) {
  std::string const fox = "The quick brown fox jumps over the lazy dog";
  auto const of = [](std::string const& text) {
    return search::fingerprint({reinterpret_cast<std::uint8_t const*>(text.data()), text.size()});
  };
  EXPECT_EQ(of(fox), (search::Fingerprint{0xe34bbc7bbc071b6c, 0x7a433ca9c49a9347}));
  for (std::size_t i = 0; i < fox.size(); ++i) {
    auto changed = fox;
    changed[i] ^= 1;
    EXPECT_NE(of(changed).first, of(fox).first);
    EXPECT_NE(of(changed).second, of(fox).second);
  }
  EXPECT_FALSE(of(fox) == of(fox + '\0'));
}

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
