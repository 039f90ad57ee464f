#pragma once

#include <string>
#include <string_view>

#include "launch/chain.hpp"

namespace apq::launch {

/// The text that a shell reads as this one word.
std::string shell_word(std::string_view text);

/// "12:00:00"
std::string clock_text(int minutes);

/// The parts that scripts of every kind share, whole lines each.
/// Modules, the profile's commands, Open MPI's settings (slurm/openmpi.env), the working directory and the name `$finished`.
std::string preparation(SiteProfile const& profile, LaunchedStudy const& study, Job const& job);
/// The command that runs the job's part of the study on all ranks, without an end of line. The first rank leaves the file `$finished` once
/// that is done, and with srun `$started` before.
/// @param options  of `apq run`, verbatim, behind the study's.
std::string program(SiteProfile const& profile, LaunchedStudy const& study, Job const& job, std::string_view options = {});
/// Runs it and sets `$status` when it has ended. @param traps  a line of script that hands signals on to `$step`, which starts the ranks.
std::string run_and_wait(std::string_view program, std::string_view traps);
/// Ends the job where `$status` and `$finished` say that it is done or that running it again would not help. @param on_failure  a line
/// before the latter.
std::string final_statuses(Job const& job, std::string_view on_failure = {});

/// A script of bash as its scheduler takes it; of ssh: one that mpirun's host runs. Ends with status 0 once the job's stages are done.
std::string slurm_script(SiteProfile const& profile, LaunchedStudy const& study, Job const& job);
std::string pbs_script(SiteProfile const& profile, LaunchedStudy const& study, Job const& job);
std::string hosts_script(SiteProfile const& profile, LaunchedStudy const& study, Job const& job);
std::string script(SiteProfile const& profile, LaunchedStudy const& study, Job const& job);

}  // namespace apq::launch
