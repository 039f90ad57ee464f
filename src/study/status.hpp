#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/core/study_layout.hpp"

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

/// Reads a study without images, weights, MPI or LibTorch, and without hashing: files are believed by size, time and inode. Local.
/// @throws Error(io) when there is no such study; Error(data) naming a file that cannot be read.
std::vector<StageStatus> status_of(StudyLayout const& layout);

/// A table, a line a stage; or a JSON value.
std::string status_table(std::vector<StageStatus> const& stages);
std::string status_json(std::vector<StageStatus> const& stages);

}  // namespace apq::study
