#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/energy/ledger.hpp"
#include "footprint/footprint.hpp"

namespace apq::footprint {

/// The same study elsewhere.
struct Elsewhere {
  std::optional<int> ranks;
  std::optional<Grid> grid;
};

/// Work that ranks share evenly: how many equal pieces a stage has.
struct SharedWork {
  std::string stage;
  std::uint64_t pieces = 1;
};

/// What the study would take there. Unknown figures are NaN.
struct WhatIf {
  std::string what;  ///< "64 ranks", "France 2023, ..."
  double wall_h = 0, core_h = 0, gpu_h = 0, kwh = 0, gco2e = 0;
};

/// What plans measured on other machines, other processors or GPUs, say of it (`apq plan --format json`): a row for each number of ranks.
/// On the site that is declared, else on the plan's own grid. @throws Error as study::read_plan.
std::vector<WhatIf> planned(std::filesystem::path const& plan, Declared const& declared);

/// As it was, and one for each place. Wall time: a rank works through whole pieces, so a stage lasts ceil(pieces / ranks) of them; each
/// piece takes a rank what it took in the mean, waiting included. A rank that waits for the others keeps its core busy, as MPI's waiting
/// does, so that energy grows with the time waited.
std::vector<WhatIf> what_if(Footprint const& footprint, std::vector<SharedWork> const& work, std::vector<Elsewhere> const& places);

}  // namespace apq::footprint
