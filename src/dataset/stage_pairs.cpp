#include "dataset/stage_pairs.hpp"

#include <algorithm>
#include <utility>

#include "collect/stored_stage.hpp"
#include "dataset/published_folder.hpp"

namespace apq::dataset {

std::vector<StagePair> stage_pairs(std::filesystem::path const& first, std::filesystem::path const& second) {
  std::vector<StagePair> pairs;
  auto const pair_of = [&](std::string const& stage) -> StagePair& {
    auto const found = std::find_if(pairs.begin(), pairs.end(), [&](StagePair const& pair) { return pair.stage == stage; });
    return found != pairs.end() ? *found : pairs.emplace_back(StagePair{stage, {}, {}});
  };
  for (auto const& [directory, side] : {std::pair(first, &StagePair::first), std::pair(second, &StagePair::second)})
    for (auto const& stage : collect::stored_stages(directory)) {
      auto rows = stage.read();
      require_as_published(directory, rows);
      (pair_of(rows.header.stage).*side) = std::move(rows);
    }
  return pairs;
}

}  // namespace apq::dataset
