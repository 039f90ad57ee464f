#pragma once

#include <filesystem>

#include "common/job/job_watch.hpp"

namespace apq::collect {

/// Removes what jobs that are gone were writing when they ended: *.partial files of shards, whose names begin with their job's token. Those
/// of jobs that work, or of which it is not known yet, stay.
void remove_partial_files(std::filesystem::path const& directory, job::JobWatch& watch);

}  // namespace apq::collect
