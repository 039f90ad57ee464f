#pragma once

#include <string>

#include "study/records/search.hpp"
#include "study/records/training.hpp"

// Records as tables for the terminal.
namespace apq::study {

/// A line per predictor, what the transfer gains, and the learning curve.
std::string table_of(Training const& training);
/// A line per scenario: its first limit, the winner's accuracy and costs.
std::string table_of(Search const& search);

}  // namespace apq::study
