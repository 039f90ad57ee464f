#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/mpi/communicator.hpp"
#include "common/mpi/turns.hpp"
#include "search/archive.hpp"
#include "search/domain.hpp"
#include "search/evolution_config.hpp"
#include "search/generation_record.hpp"
#include "search/limits.hpp"
#include "search/scorer.hpp"

namespace apq::search {

struct EvolutionResult {
  Candidate best;  ///< of all generations
  std::vector<GenerationRecord> history;
};

/// What is searched for, and in what.
struct EvolutionTask {
  Domain const& domain;
  cost::CostModel const& cost_model;
  Limits const& limits;
  std::uint64_t seed;     ///< of the study
  std::uint64_t index;    ///< of this task in the study: keys its random numbers, below 2^16
  space::Genes fallback;  ///< meets the constraint: feasible_member()
};

/// Evolution under limits that every individual meets, by repair. Children are made, repaired and priced by the ranks in
/// equal parts, then scored in equal parts; child j of generation g draws from streams of its own, and rankings have no
/// ties, so the result is the same for any number of ranks.
///
/// @param initial  individuals to begin with, best first, at most `population` are taken; repaired where needed. The rest of
///                 the first generation is random.
/// @param turns    a generation each
/// @param archive  gets every candidate that this rank made and that was not known before: on all ranks together, all that
///                 are scored.
/// @param times    what this rank's time went into is added.
/// Collective: all ranks pass the same arguments and get the same result. @throws what `turns` does.
EvolutionResult evolve(mpi::Communicator const& comm, EvolutionTask const& task, EvolutionConfig const& config,
                       std::span<space::Genes const> initial, mpi::Turns& turns, Scorer& scorer, Archive& archive, PartTimes& times);

}  // namespace apq::search
