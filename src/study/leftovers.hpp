#pragma once

#include <cstddef>
#include <filesystem>

#include "common/core/study_layout.hpp"

namespace apq::study {

inline constexpr std::size_t job_records_kept = 64;
inline constexpr double partial_file_age = 3600;  ///< s after its last change from which nobody writes it any more

/// Removes what nobody needs any more of a study that is done: claims on samples, records of jobs that have ended and whose costs are in
/// the ledger (all but the latest), and partial files that killed processes left. What a living job uses stays, and what can't be removed.
/// @param now  this job's record, written just now: ages are told by the file system's clock alone. Local, for one rank.
void remove_leftovers(StudyLayout const& layout, std::filesystem::path const& now);

}  // namespace apq::study
