#pragma once

#include <filesystem>
#include <optional>

#include "common/core/study_layout.hpp"
#include "common/mpi/communicator.hpp"
#include "study/experiment.hpp"
#include "study/records/provenance.hpp"

namespace apq::app {

/// `apq run --reproduce FILE`: a study that is done again by its record. Without a record nothing happens.
class Reproduction {
 public:
  /// Says which inputs are not as they were, and gives the study a directory of its own where none was given. Collective over `comm`.
  /// @throws Error(data | io) for a record that cannot be read.
  /// @param rows  those to compare with: a study's directory or a published folder; empty: the first study's directory, where it is there
  Reproduction(mpi::Communicator const& comm, study::ExperimentSource& source, std::filesystem::path rows);

  /// @throws Error(config) where the study would be done again in the directory of the first one. Collective over `comm`.
  void require_another(mpi::Communicator const& comm, StudyLayout const& layout) const;

  /// Says how the study came out compared to the record, and prints what `apq data diff` says of both studies' rows. True without a record.
  /// Collective over `comm`.
  bool is_reproduced(mpi::Communicator const& comm, StudyLayout const& layout) const;

 private:
  std::optional<study::Provenance> then_;  ///< on root
  std::filesystem::path rows_;
};

}  // namespace apq::app
