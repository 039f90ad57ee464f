#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/core/study_layout.hpp"
#include "footprint/footprint.hpp"
#include "footprint/what_if.hpp"

namespace apq::footprint {

/// What somebody asks of a study's ledger, and what he declares of its machines.
struct Question {
  std::string grid, reference;        ///< as grid_of; empty: the ledger's, the world's
  double pue = 0;                     ///< 0: the ledger's
  std::string per;                    ///< functional unit: "label", "study"; empty: none
  std::optional<double> embodied_kg;  ///< of all nodes; absent: not declared
  double lifespan_years = 4;
  double share = 1;                          ///< of the nodes that was reserved
  std::vector<int> ranks;                    ///< the same study on so many
  std::vector<std::string> grids;            ///< the same study there
  std::vector<std::filesystem::path> plans;  ///< of the same study, measured on other machines
};

struct Answer {
  Footprint footprint;
  std::vector<energy::StageRun> runs;
  Declared declared;
  std::vector<WhatIf> what_if;  ///< empty where nothing of the kind was asked
};

/// Reads the ledger and the stamps of collections. Local.
/// @throws Error(io) where there is no study; Error(data) where nothing was measured, or no label made and one is the functional unit;
///         Error(config) as grid_of.
Answer answer_of(StudyLayout const& layout, Question const& question);

}  // namespace apq::footprint
