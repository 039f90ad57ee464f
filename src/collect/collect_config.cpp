#include "collect/collect_config.hpp"

namespace apq::collect {

CollectConfig read_collect_config(Config section) {
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
  config.sequential = evaluate::read_stopping_rule(section.section("sequential", {"When a label has seen enough images"}));
  return config;
}

}  // namespace apq::collect
