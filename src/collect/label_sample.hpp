#pragma once

#include <functional>
#include <string>
#include <variant>

#include "common/h5/shard.hpp"
#include "common/space/search_space.hpp"
#include "evaluate/evaluator.hpp"

namespace apq::collect {

/// How a sample is tried.
struct Attempts {
  int most = 2;
  double timeout = 0;  ///< seconds; an attempt that takes longer has failed, whatever it gave; 0: none
};

struct Failure {
  std::string error;  ///< of the last attempt, a line
  int attempts;
};

/// The row of one sample, or why it has none: its evaluator threw, gave a label that cannot be, or took too long, at each attempt.
/// @param joules  energy so far, J; a row gets what is added during the attempt that made it
/// @param lost    gets what was added during attempts that failed
/// @throws what is no fault of a sample: Error(io), Error(mpi), Error(config) and Error(stopped) of the evaluator.
std::variant<h5::Row, Failure> label_sample(evaluate::Evaluator& evaluator, space::SearchSpace const& space, std::string const& stage,
                                            std::uint64_t id, space::Genes const& genes, Attempts const& attempts,
                                            std::function<double()> const& joules, double& lost);

}  // namespace apq::collect
