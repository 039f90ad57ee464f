#pragma once

#include <optional>

#include "collect/directory_lock.hpp"
#include "common/core/study_layout.hpp"
#include "common/mpi/communicator.hpp"

namespace apq::study {

/// Held by a job while it works on a study: two jobs never write into one study at once. Root holds it for all ranks.
class StageGuard {
 public:
  /// Collective. @throws Error(io) on all ranks when another job holds it.
  StageGuard(mpi::Communicator const& comm, StudyLayout const& layout);

 private:
  std::optional<collect::DirectoryLock> lock_;
};

}  // namespace apq::study
