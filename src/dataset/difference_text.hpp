#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/space/search_space.hpp"
#include "dataset/difference.hpp"

// What `apq data diff` says. `first` and `second` name the two folders. Both end with a line feed.
namespace apq::dataset {

/// @param worst  so many of the labels that differ are shown
std::string difference_table(std::vector<StageDifference> const& stages, std::string const& first, std::string const& second,
                             std::size_t worst);
/// Every label that differs; with its subnet in values where `space` is the rows' (nothing: unknown).
std::string difference_json(std::vector<StageDifference> const& stages, std::string const& first, std::string const& second,
                            std::optional<space::SearchSpace> const& space);

}  // namespace apq::dataset
