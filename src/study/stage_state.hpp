#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/core/study_layout.hpp"
#include "study/records/stamp.hpp"
#include "study/stage.hpp"

namespace apq::study {

/// What a stage's stamp says; absent: there is none, or one that cannot be read, which is told as a warning.
std::optional<Stamp> sound_stamp(StudyLayout const& layout, std::string const& stage, FileView& view);

/// How two sets of inputs differ, a sentence each: "search.population changed (21, now 30)", "cost.hardware changed", "cost.table is new".
/// Empty: they do not.
std::vector<std::string> differences(Settings const& then, Settings const& now);

/// The files that are there where a stage writes.
std::vector<std::filesystem::path> files_written(Stage const& stage, StudyLayout const& layout, Settings const& settings, FileView& view);

/// What of a stage's outputs is no longer what its stamp says, a sentence each: "winners.json is missing", "search.json is not what the
/// stage wrote", "winners/a.json is new".
/// @param there  files_written
/// @param trusts_state  true: size, time and inode are enough, nothing is read; false: files in doubt are hashed.
std::vector<std::string> lost_outputs(Stamp const& stamp, std::filesystem::path const& study,
                                      std::vector<std::filesystem::path> const& there, FileDigests& digests, bool trusts_state);

}  // namespace apq::study
