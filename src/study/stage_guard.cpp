#include "study/stage_guard.hpp"

#include "common/core/atomic_file.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::study {

StageGuard::StageGuard(mpi::Communicator const& comm, StudyLayout const& layout) {
  mpi::collectively(comm, [&] {
    if (!comm.is_root()) return;
    make_directory(layout.root);
    lock_.emplace(layout.root);
  });
}

}  // namespace apq::study
