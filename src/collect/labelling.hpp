#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collect/collector.hpp"
#include "collect/sampler.hpp"

namespace apq::collect {

/// What ranks spend their time on, in seconds. Writing includes waiting for the node's other ranks to have written; the rest is making the
/// evaluator and waiting for the last samples.
struct TimeSpent {
  double evaluating = 0, writing = 0, all = 0;
};

/// What a collection knows when it begins to label, on every rank alike.
struct Labelling {
  CollectRequest const& request;
  Samples const& samples;
  std::vector<std::uint64_t> missing;  ///< ascending
  std::string known_shards;            ///< ShardWatch::known
  std::string job;                     ///< token
  double sample_seconds;               ///< mean of what is there; 0: nothing is
  double longest;                      ///< of what is there
  double dearest;                      ///< most seconds a unit of cost there
};

/// Labels until every missing sample is in a shard or in quarantine, or this job stops. Collective over `comm`, and collective in its
/// errors; between beginning and end the nodes send each other nothing.
/// @returns what stopped it, empty: nothing did.
std::string label_missing(mpi::Communicator const& comm, Labelling const& labelling,
                          std::function<std::unique_ptr<evaluate::Evaluator>()> const& make_evaluator, TimeSpent& spent);

}  // namespace apq::collect
