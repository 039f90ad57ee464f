#pragma once

#include <string>

#include "common/mpi/communicator.hpp"
#include "evaluate/evaluator_config.hpp"

namespace apq::study {

/// Ranks that label together must do so with one instruction set, one engine of one version, and the same kernels. Collective.
/// @throws Error(config) on all ranks where one has another: both are named, with their hosts.
void require_one_engine(mpi::Communicator const& comm, evaluate::EvaluatorConfig const& config);

/// The same of names that are known. @param setting  value of evaluator.engine, for the message.
void require_one_engine(mpi::Communicator const& comm, std::string const& setting, std::string const& mine);

}  // namespace apq::study
