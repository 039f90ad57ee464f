#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/h5/dataset.hpp"

namespace apq::dataset {

/// One stage's rows in two folders; at least one of them has it.
struct StagePair {
  std::string stage;  ///< as the shards say, whatever their folder is called
  std::optional<h5::Dataset> first, second;
};

/// Every stage of two folders of shards (collect::stored_stages): those of the first, then what the second has alone. @throws as that.
std::vector<StagePair> stage_pairs(std::filesystem::path const& first, std::filesystem::path const& second);

}  // namespace apq::dataset
