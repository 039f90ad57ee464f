#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/core/study_layout.hpp"
#include "study/file_digest.hpp"
#include "study/stage.hpp"

namespace apq::study {

enum class StageCondition { done, stale, part, absent };

/// Where one stage of a study stands.
struct StageStatus {
  std::string stage;
  StageCondition condition = StageCondition::absent;
  std::vector<std::string> why;        ///< of a stale one: what changed
  std::string finished;                ///< UTC, ISO 8601; empty: never
  std::uint64_t rows = 0, wanted = 0;  ///< of a collection
  std::optional<double> core_h, kwh;   ///< what all its runs cost; absent: not measured, or not known
};

/// Reads a study without images, MPI or LibTorch. Files that are by size, time and inode what their stage's stamp saw are not read;
/// others are hashed, and the shards of an unfinished collection are read. Local.
/// @throws Error(io) when there is no such study; Error(data) naming a file that cannot be read.
std::vector<StageStatus> status_of(StudyLayout const& layout);

/// What of the stages before this one that it reads from is stale by the study's own configuration, a sentence each: "train is stale:
/// rows.fp changed". Empty where the directory holds no study. Local. @throws as status_of.
/// @param digests  of files that were read already; what is read here is noted there.
std::vector<std::string> stale_inputs(StudyLayout const& layout, Stage const& stage, FileDigests& digests);

/// A table, a line a stage; or a JSON value.
std::string status_table(std::vector<StageStatus> const& stages);
std::string status_json(std::vector<StageStatus> const& stages);

}  // namespace apq::study
