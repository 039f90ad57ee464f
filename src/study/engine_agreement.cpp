#include "study/engine_agreement.hpp"

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/host_name.hpp"
#include "common/engine/kernels.hpp"
#include "common/mpi/collectives.hpp"
#include "evaluate/instruction_agreement.hpp"
#include "evaluate/supernet_evaluator.hpp"

namespace apq::study {

void require_one_engine(mpi::Communicator const& comm, evaluate::EvaluatorConfig const& config) {
  evaluate::require_instructions(comm, config.instructions);
  std::string mine;
  mpi::collectively(comm, [&] { mine = fmt::format("{} with {}", evaluate::engine_name(config), engine::kernels_name()); });
  require_one_engine(comm, std::string(engine::engine_kind_names(config.engine)), mine);
}

void require_one_engine(mpi::Communicator const& comm, std::string const& setting, std::string const& mine) {
  auto const roots = mpi::broadcast(comm, mine);
  auto const root_host = mpi::broadcast(comm, host_name());
  mpi::collectively(comm, [&] {
    if (mine == roots) return;
    throw Error(Errc::config, fmt::format("evaluator.engine = {}: is {} on {}, but {} on {}; labels of different engines are not mixed: "
                                          "set evaluator.engine to one that all nodes have (reference), or use nodes of one kind",
                                          setting, roots, root_host, mine, host_name()));
  });
}

}  // namespace apq::study
