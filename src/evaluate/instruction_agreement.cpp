#include "evaluate/instruction_agreement.hpp"

#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/host_name.hpp"
#include "common/core/log.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::evaluate {
namespace {

std::string best_name(engine::Features features) { return std::string(engine::instruction_set_names(engine::best_of(features))); }

// The first rank of each kind of processor; empty where there is one kind.
std::string kinds_of(mpi::Communicator const& comm, std::vector<engine::Features> const& features) {
  std::string text;
  std::set<engine::Features> kinds;
  for (int rank = 0; rank < comm.size(); ++rank) {
    auto const kind = features[static_cast<std::size_t>(rank)];
    if (!kinds.insert(kind).second) continue;
    auto const host = mpi::broadcast(comm, host_name(), rank);
    text += fmt::format("{}rank {} on {} has {}", text.empty() ? "" : ", ", rank, host, best_name(kind));
  }
  return kinds.size() == 1 ? std::string() : text;
}

}  // namespace

engine::InstructionSet agree_on_instructions(mpi::Communicator const& comm, engine::InstructionSet wanted, engine::Features features) {
  auto const all = mpi::allgather(comm, std::span<engine::Features const>(&features, 1));
  auto common = features;
  for (auto const each : all) common &= each;
  auto const set = wanted == engine::InstructionSet::automatic ? engine::best_of(common) : wanted;
  if (auto const kinds = kinds_of(comm, all); !kinds.empty())
    log::root().warn("processors differ: {}; evaluator.instructions is {}", kinds, engine::instruction_set_names(set));
  if (engine::has(features, set)) engine::use(set);
  return set;
}

void require_instructions(mpi::Communicator const& comm, engine::InstructionSet set) {
  auto const roots = mpi::broadcast(comm, fmt::format("rank 0 on {} has {}", host_name(), best_name(engine::features_here())));
  mpi::collectively(comm, [&] {
    if (engine::in_use() == set) return;
    auto const mine = fmt::format("rank {} on {} has {}", comm.rank(), host_name(), best_name(engine::features_here()));
    throw Error(Errc::config, fmt::format("evaluator.instructions = {}: {}{}; a study keeps the set that it was begun with: run it on "
                                          "processors that have it, or choose another study.dir",
                                          engine::instruction_set_names(set), mine, comm.is_root() ? "" : ", " + roots));
  });
}

}  // namespace apq::evaluate
