#include "search/search.hpp"

#include <cmath>
#include <optional>

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "common/core/sha256.hpp"
#include "common/mpi/collectives.hpp"
#include "search/cheapest.hpp"
#include "search/search_config.hpp"
#include "support/shared_data.hpp"

namespace {

using namespace apq;

// Larger and wider is better, with a bump that depends on all genes: a landscape in closed form. One gene may count for many.
class ClosedForm : public search::Fitness {
 public:
  /// @param num_levels  not 0: of so many values, which many subnets share.
  explicit ClosedForm(std::optional<std::size_t> dominant, double num_levels = 0) : dominant_(dominant), num_levels_(num_levels) {}
  void evaluate(space::GeneRows const& genes, std::span<double> out) override {
    num_evaluated += genes.size();
    for (std::size_t i = 0; i < genes.size(); ++i) {
      double sum = 0;
      for (std::size_t g = 0; g < genes[i].size(); ++g) sum += std::sqrt(genes[i][g]) * (1 + 0.3 * std::sin(static_cast<double>(g)));
      if (dominant_) sum += 50 * genes[i][*dominant_];
      out[i] = 1 - 1 / (1 + sum / 50);
      if (num_levels_ > 0) out[i] = std::round(out[i] * num_levels_) / num_levels_;
    }
  }
  std::string name() const override { return "closed form"; }
  std::uint64_t num_evaluated = 0;  ///< on this rank

 private:
  std::optional<std::size_t> dominant_;
  double num_levels_;
};

class Search : public testing::Test {
 protected:
  search::SearchOutcome run_on(mpi::Communicator const& comm, search::Fitness& fitness, search::SearchConfig const& config,
                               std::uint64_t seed = 2) {
    auto scenarios = search::resolve_scenarios(space, cost_model, config.scenarios, seed);
    return search::run_search(comm, space, cost_model, fitness, config.evolution, std::move(scenarios), seed, {});
  }
  search::SearchOutcome run(search::SearchConfig const& config, std::uint64_t seed = 2) {
    ClosedForm fitness(dominant);
    return run_on(world, fitness, config, seed);
  }
  search::SearchOutcome run_alone(search::SearchConfig const& config, std::uint64_t seed = 2) {
    mpi::Communicator const alone(MPI_COMM_SELF);
    ClosedForm fitness(dominant);
    return run_on(alone, fitness, config, seed);
  }
  search::SearchConfig config(std::vector<double> const& quantiles) {
    search::SearchConfig c;
    c.evolution.population = 23;
    c.evolution.parents = 7;
    c.evolution.mutants = 10;
    c.evolution.crossovers = 9;
    c.evolution.generations = 12;
    for (double q : quantiles) c.scenarios.push_back({{{cost::Metric::latency_ms, std::nullopt, q}}, "test"});
    return c;
  }
  mpi::Communicator world{MPI_COMM_WORLD};
  std::optional<std::size_t> dominant;
  space::SearchSpace space = space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml");
  cost::CostModel cost_model{space, {}};
};

std::string digest(search::SearchOutcome const& outcome) {
  Sha256 hash;
  auto add = [&](search::Candidate const& c) { hash.add(c.genes.data(), c.genes.size()).add_value(c.fitness); };
  for (auto const& result : outcome.results) {
    add(result.winner);
    for (auto const& record : result.history) hash.add_value(record.best).add_value(record.mean).add_value(record.num_evaluated);
  }
  for (auto const& candidate : outcome.front) add(candidate);
  return hash.hex();
}

TEST_F(Search, TheOutcomeIsThatOfOneRank) {
  auto const together = digest(run(config({0.2, 0.6})));
  EXPECT_EQ(together, digest(run_alone(config({0.2, 0.6}))));
  EXPECT_NE(together, digest(run(config({0.2, 0.6}), 3)));
}

TEST_F(Search, TheOutcomeIsThatOfOneRankWhereFitnessIsEqualForMany) {
  mpi::Communicator const alone(MPI_COMM_SELF);
  for (bool const keeps_duplicates : {false, true}) {
    auto c = config({0.2, 0.6});
    c.evolution.population = 300;
    c.evolution.parents = 90;
    c.evolution.mutants = 110;
    c.evolution.crossovers = 170;
    c.evolution.slips.kept_duplicates = keeps_duplicates;
    ClosedForm fitness(dominant, 60), fitness_alone(dominant, 60);
    EXPECT_EQ(digest(run_on(world, fitness, c)), digest(run_on(alone, fitness_alone, c)));
  }
}

TEST_F(Search, NoSubnetIsScoredTwiceAndRanksScoreEquallyMany) {
  auto c = config({0.3});
  ClosedForm fitness(dominant);
  auto const outcome = run_on(world, fitness, c);
  auto sum = fitness.num_evaluated;
  mpi::allreduce_sum(world, std::span(&sum, 1));
  EXPECT_EQ(sum, outcome.num_evaluated);
  auto const share = static_cast<double>(sum) / world.size();
  EXPECT_LE(std::abs(static_cast<double>(fitness.num_evaluated) - share), c.evolution.generations + 1);
}

class SearchOverSizes : public Search {
 protected:
  SearchOverSizes() {
    space = space::load_space(test::source_dir() / "configs/spaces/ofa_mbv3_w1.0.yaml");
    cost_model = cost::CostModel(space, {});
    dominant = static_cast<std::size_t>(space::GeneLayout(space).image_size());
  }
};

// Large images are worth most: a tight limit leaves no room for the largest, a loose one does.
TEST_F(SearchOverSizes, ImageSizesAreSearchedAndTheOutcomeIsThatOfOneRank) {
  search::Domain const domain(space);
  auto largest = domain;
  largest.fix(static_cast<int>(*dominant), static_cast<std::uint8_t>(space.image_sizes.size()));
  auto const latency_of = [&](search::Domain const& d) {
    return cost_model(search::cheapest(d, cost_model, cost::Metric::latency_ms)).latency_ms;
  };
  auto c = config({0.9});
  c.evolution.generations = 6;
  double const tight = (latency_of(domain) + latency_of(largest)) / 2;
  c.scenarios.push_back({{{cost::Metric::latency_ms, tight, std::nullopt}}, "tight"});
  auto const outcome = run(c);
  EXPECT_EQ(digest(outcome), digest(run_alone(c)));
  for (auto const& result : outcome.results) {
    EXPECT_TRUE(space::is_valid(space, result.winner.genes));
    EXPECT_TRUE(search::is_met(result.scenario.limits, cost_model(result.winner.genes)));
  }
  auto const size_of = [&](std::size_t i) { return space::image_size_of(space, outcome.results[i].winner.genes); };
  EXPECT_GT(size_of(0), size_of(1));
  EXPECT_LT(size_of(1), space.image_size);
}

TEST_F(Search, WinnersMeetTheirLimitsAndLooserLimitsAreNeverWorse) {
  auto const outcome = run(config({0.8, 0.05, 0.4}));
  for (auto const& result : outcome.results) {
    EXPECT_TRUE(search::is_met(result.scenario.limits, result.winner.cost));
    for (auto const& row : cost::metrics) EXPECT_EQ(result.winner.cost.*row.field, cost_model(result.winner.genes).*row.field);
    EXPECT_TRUE(space::is_valid(space, result.winner.genes));
    for (std::size_t g = 1; g < result.history.size(); ++g) EXPECT_GE(result.history[g].best, result.history[g - 1].best);
  }
  EXPECT_GE(outcome.results[0].winner.fitness, outcome.results[2].winner.fitness);
  EXPECT_GE(outcome.results[2].winner.fitness, outcome.results[1].winner.fitness);
}

TEST_F(Search, EvolutionBeatsItsFirstGeneration) {
  auto const outcome = run(config({0.3}));
  EXPECT_GT(outcome.results[0].winner.fitness, outcome.results[0].history.front().best);
}

TEST_F(Search, SeveralLimitsHoldTogether) {
  auto c = config({0.5});
  c.scenarios[0].limits.push_back({cost::Metric::size_bytes, std::nullopt, 0.2});
  auto const outcome = run(c);
  ASSERT_EQ(outcome.results[0].scenario.limits.size(), 2u);
  EXPECT_TRUE(search::is_met(outcome.results[0].scenario.limits, outcome.results[0].winner.cost));
}

TEST_F(Search, AnInfeasibleLimitIsAnErrorOnEveryRank) {
  auto c = config({});
  c.scenarios.push_back({{{cost::Metric::latency_ms, 1e-6, std::nullopt}}, "c.yaml:3: search.constraints[0]"});
  try {
    run(c);
    ADD_FAILURE() << "must be refused";
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::numeric);
    EXPECT_NE(std::string(e.what()).find("c.yaml:3"), std::string::npos) << e.what();
  }
  EXPECT_THROW(run(config({})), Error);
}

TEST_F(Search, ReleaseSlipsChangeTheCourse) {
  auto const corrected = digest(run(config({0.3})));
  auto slips = std::vector<search::ReleaseSlips>(7);
  slips[0].halved_first_generation = true;
  slips[1].discarded_crossovers = true;
  slips[2].frozen_depth = true;
  slips[3].extra_generation = true;
  slips[4].whole_block_mutation = true;
  slips[5].inflating_crossover = true;
  slips[6].kept_duplicates = true;
  for (auto const& slip : slips) {
    auto c = config({0.3});
    c.evolution.slips = slip;
    EXPECT_NE(digest(run(c)), corrected);
  }
}

}  // namespace
