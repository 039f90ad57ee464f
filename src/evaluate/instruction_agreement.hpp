#pragma once

#include "common/engine/instructions.hpp"
#include "common/mpi/communicator.hpp"

namespace apq::evaluate {

/// The instruction set that a job evaluates with: `wanted`, or for `automatic` the best that all ranks have. oneDNN is told where the rank
/// has it, so that this comes before anything is computed. Processors of several kinds are named once. Collective.
/// @param features  of this rank
engine::InstructionSet agree_on_instructions(mpi::Communicator const& comm, engine::InstructionSet wanted,
                                             engine::Features features = engine::features_here());

/// Before anything is evaluated. @throws Error(config) on all ranks where oneDNN does not use `set` on one, naming it, its host and what
/// it has. Collective.
void require_instructions(mpi::Communicator const& comm, engine::InstructionSet set);

}  // namespace apq::evaluate
