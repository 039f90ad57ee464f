#include "collect/collect_config.hpp"

namespace apq::collect {

CollectConfig read_collect_config(Config section) {
  CollectConfig config;
  auto fp = section.section("fp");
  config.fp_samples = fp.get_or<std::uint64_t>("samples", config.fp_samples, {0, 1'000'000'000});
  auto quant = section.section("quant");
  config.quant_samples = quant.get_or<std::uint64_t>("samples", config.quant_samples, {0, 1'000'000'000});
  config.policies_per_architecture = quant.get_or<int>("policies_per_architecture", config.policies_per_architecture, {1, 1000});
  config.shard_rows = section.get_or<int>("shard_rows", config.shard_rows, {1, 1'000'000});
  config.flush_seconds = section.get_or<double>("flush_seconds", config.flush_seconds, {0.0, 3600.0});
  config.sequential = evaluate::read_stopping_rule(section.section("sequential"));
  return config;
}

}  // namespace apq::collect
