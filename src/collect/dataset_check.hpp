#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collect/stored_stage.hpp"

namespace apq::collect {

/// What `apq data verify` finds.
struct DatasetCheck {
  std::vector<std::string> faults;       ///< a line each, naming its file; empty: sound
  std::vector<std::string> quarantined;  ///< a line for each sample that could not be labelled: why; no fault of the dataset
  std::vector<std::string> set_aside;    ///< files that are not part of the dataset
  std::vector<std::string> sound;        ///< a line a stage, true where there are no faults
};

/// Looks at every shard and row under `directory` (as of stored_stages): that it can be read and belongs to the others, counts that are
/// possible, genes of `space` where the shards are of it, no sample missing, but for those in quarantine, of what the study's configuration
/// asks for, and a joined file that joins them all. Faults are found all, not thrown. @throws as stored_stages.
DatasetCheck check_stored(std::filesystem::path const& directory, std::optional<space::SearchSpace> const& space);

}  // namespace apq::collect
