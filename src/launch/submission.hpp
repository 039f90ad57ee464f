#pragma once

#include <functional>
#include <string>
#include <vector>

#include "launch/chain.hpp"

namespace apq::launch {

/// The command line that submits a job, a word each; of ssh: that runs it.
/// @param ids  what the scheduler calls the jobs before it, in the order of the chain.
std::vector<std::string> submission(SiteProfile const& profile, LaunchedStudy const& study, Job const& job,
                                    std::vector<std::string> const& ids);

/// What would be submitted: every script once, and the command lines, which call the jobs before ID1, ID2, ...
std::string dry_run(SiteProfile const& profile, LaunchedStudy const& study);

/// Writes the scripts into the study's `launch` directory. @throws Error(io).
void write_scripts(SiteProfile const& profile, LaunchedStudy const& study);

/// Runs a command line; what it prints on standard output.
using Execute = std::function<std::string(std::vector<std::string> const& command)>;

/// @throws Error(io) with the command and how it ended; it has told why on standard error.
std::string execute(std::vector<std::string> const& command);

/// Writes the scripts and submits the chain of a scheduler; returns a line for people on each job.
/// @throws Error(io), naming the jobs that were submitted before one could not be.
std::string submit(SiteProfile const& profile, LaunchedStudy const& study, Execute const& execute);

}  // namespace apq::launch
