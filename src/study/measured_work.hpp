#pragma once

#include <string>
#include <vector>

#include "study/run_stage.hpp"

namespace apq::study {

/// Work on a study whose energy goes into its ledger.
struct MeasuredWork {
  std::string stage;  ///< as the ledger names it
  energy::Claims claims = energy::Claims::whole;
  std::vector<std::string> gpus = {};  ///< that this rank holds
  bool shows_ledger = false;           ///< an early end of it does not change the ledger
  bool is_there = false;               ///< it was done already, for the same inputs: it is repeated
};

/// Does it, after run.join(), and writes down what it took, also where it ended early on all ranks alike. Collective.
/// @throws what the body throws; Error(io) when that cannot be written.
void measure(StudyRun& run, MeasuredWork const& work, StageBody const& body);

}  // namespace apq::study
