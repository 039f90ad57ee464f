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
  evaluate::StoppingRule sequential;  ///< when a label has seen enough images; off: it sees all of them
};
CollectConfig read_collect_config(Config section);

}  // namespace apq::collect
