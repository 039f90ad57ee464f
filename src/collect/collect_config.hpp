#pragma once

#include <cstdint>

#include "common/core/config.hpp"
#include "evaluate/stopping_rule.hpp"

namespace apq::collect {

/// Section `collect` of an experiment.
struct CollectConfig {
  std::uint64_t fp_samples = 500, quant_samples = 250;
  int policies_per_architecture = 1;  ///< so many consecutive quantised samples share one architecture (the paper mixes 1 and 10)
  int shard_rows = 1024;              ///< a shard of so many rows is sealed and a new one begun
  double flush_seconds = 5;           ///< at most so much work is lost when a rank dies
  double sample_timeout = 0;          ///< a sample that takes longer has failed; 0: none does
  double max_quarantined = 0.01;      ///< share of the samples, rounded up, that may fail
  evaluate::StoppingRule sequential;  ///< when a label has seen enough images; off: it sees all of them
};

inline CollectConfig read_collect_config(Config section) {
  CollectConfig config;
  auto fp = section.section("fp", {"Full-precision subnets: cheap, they teach the predictor the architecture"});
  config.fp_samples = fp.get_or<std::uint64_t>("samples", config.fp_samples, {0, 1'000'000'000},
                                               {"Random subnets that are labelled in full precision", "subnets"});
  auto quant = section.section("quant", {"Quantised subnets, each with random bit widths"});
  config.quant_samples = quant.get_or<std::uint64_t>("samples", config.quant_samples, {0, 1'000'000'000},
                                                     {"Random subnets with bit widths that are labelled quantised", "subnets"});
  config.policies_per_architecture =
      quant.get_or<int>("policies_per_architecture", config.policies_per_architecture, {1, 1000},
                        {"So many consecutive quantised samples share an architecture and differ in bit widths alone", "samples"});
  config.shard_rows = section.get_or<int>("shard_rows", config.shard_rows, {1, 1'000'000},
                                          {"A shard of so many rows is sealed and a new one begun", "rows"});
  config.flush_seconds = section.get_or<double>("flush_seconds", config.flush_seconds, {0.0, 3600.0},
                                                {"Rows are written at least this often: so much work is lost when a rank dies", "s"});
  config.sample_timeout = section.get_or<double>(
      "sample_timeout", config.sample_timeout, {0.0, 1e6},
      {"A sample that takes longer has failed: it is tried once more, then put into quarantine; one that does not return after three times "
       "as long ends its job when all else is done; 0: samples take as long as they take",
       "s"});
  config.max_quarantined = section.get_or<double>(
      "max_quarantined", config.max_quarantined, {0.0, 1.0},
      {"Share of a stage's samples, rounded up, that may be in quarantine because they could not be labelled; with more of them the stage "
       "fails"});
  config.sequential = evaluate::read_stopping_rule(section.section("sequential", {"When a label has seen enough images"}));
  return config;
}

}  // namespace apq::collect
