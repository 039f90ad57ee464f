#pragma once

#include <string>

#include "launch/chain.hpp"

namespace apq::launch {

/// Left where an attempt at a job ended with an error that the next would end with too.
std::filesystem::path ended_mark(LaunchedStudy const& study, Job const& job);
/// A line of script that ends an attempt where an earlier one left that mark.
std::string unless_ended(LaunchedStudy const& study, Job const& job);
/// The line that leaves it.
std::string leave_ended_mark(LaunchedStudy const& study, Job const& job);

}  // namespace apq::launch
