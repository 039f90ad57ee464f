#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/core/enum_names.hpp"
#include "common/core/study_layout.hpp"
#include "study/file_digest.hpp"
#include "study/stage.hpp"

namespace apq::study {

enum class StageCondition { done, stale, part, absent };
inline constexpr EnumNames<StageCondition, 4> stage_condition_names({{StageCondition::done, "done"},
                                                                     {StageCondition::stale, "stale"},
                                                                     {StageCondition::part, "in part"},
                                                                     {StageCondition::absent, "absent"}});

/// Where one stage of a study stands.
struct StageStatus {
  std::string stage;
  StageCondition condition = StageCondition::absent;
  std::vector<std::string> why;       ///< of a stale one: what changed
  std::string finished;               ///< UTC, ISO 8601; empty: never
  std::optional<std::uint64_t> rows;  ///< of a collection that is done
  std::uint64_t wanted = 0;           ///< of a collection
  std::optional<double> core_h, kwh;  ///< what all its runs in the ledger cost; absent: not measured, or not known
  bool collects() const { return stage.starts_with("collect."); }
  std::string collected() const { return stage.substr(8); }  ///< "fp", "quant"
};

/// Reads a study without images, MPI, LibTorch or shards. Files that are by size, time and inode what their stage's stamp saw are not read;
/// others are hashed. Local.
/// @throws Error(io) when there is no such study; Error(data) naming a file that cannot be read.
std::vector<StageStatus> status_of(StudyLayout const& layout);

/// What of the stages before this one that it reads from is stale by the study's own configuration, a sentence each: "train is stale:
/// rows.fp changed". Empty where the directory holds no study. Local. @throws as status_of.
/// @param digests  of files that were read already; what is read here is noted there.
std::vector<std::string> stale_inputs(StudyLayout const& layout, Stage const& stage, FileDigests& digests);

}  // namespace apq::study
