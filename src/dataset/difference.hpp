#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/core/interval.hpp"
#include "common/h5/dataset.hpp"

// How well two collections of labels agree, such as two labs' rebuilds of one dataset.
namespace apq::dataset {

/// Two labels of one subnet.
struct PairedLabel {
  h5::Row first, second;
  double difference = 0;  ///< of top-1 accuracy, second minus first, in [-1, 1]
};

/// One part of the identity that differs, as ShardHeader::parts has it; absent: the side has none.
struct DifferentPart {
  std::string name;
  std::optional<std::string> first, second;
};

/// What `apq data diff` says of a stage that both have.
struct StageDifference {
  std::string stage, space_hash;
  std::vector<DifferentPart> identity;  ///< empty: one dataset
  std::size_t first_rows = 0, second_rows = 0;
  std::size_t pairs = 0;                               ///< rows of one subnet in both
  std::vector<PairedLabel> differing;                  ///< with other counts, the largest difference of accuracy first, then by id
  std::optional<MeanInterval> mean;                    ///< of all pairs' differences; absent with fewer than two
  std::optional<double> kendall_tau;                   ///< tau-b of all pairs' accuracies; absent with fewer than two
  std::vector<std::uint64_t> only_first, only_second;  ///< ids of rows without a partner
  std::vector<std::uint64_t> other_subnets;            ///< ids in both whose rows are of two subnets
};

/// Rows are partners when their genes are equal; of several of one subnet those with equal ids first, then in the order of ids. Each row
/// has one partner at most. O(n log n). @throws Error(data) naming both when the spaces differ: their genes mean other things.
StageDifference difference_of(h5::Dataset const& first, h5::Dataset const& second);

/// Of every stage that both folders (collect::stored_stages) have. @throws as that; Error(data) when they share no stage.
std::vector<StageDifference> differences(std::filesystem::path const& first, std::filesystem::path const& second);

}  // namespace apq::dataset
