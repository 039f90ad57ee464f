#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/h5/shard.hpp"

namespace apq::train {

inline double accuracy_of(h5::Row const& row) { return static_cast<double>(row.correct) / row.total; }
std::vector<double> accuracies(std::vector<h5::Row> const& rows);
std::vector<space::Genes> genes_of(std::vector<h5::Row> const& rows);

/// Rows to fit and rows to judge by.
struct Split {
  std::vector<h5::Row> training;  ///< in a seeded order, so that any first n are a fair sample and nest
  std::vector<h5::Row> held_out;  ///< by ascending id
};

/// Subnets among `rows`, each counted once.
std::size_t num_subnets(std::span<h5::Row const> rows);

/// No subnet is on both sides: rows of equal genes (a published table, a small space) go where the one with the lowest id goes. That
/// side, and a row's place in the training order, are functions of (seed, stage, id) alone: a row never changes sides when others with
/// higher ids are added. About `held_out_fraction` of the subnets are held out.
///
/// @param rows        ids differ
/// @param train_rows  keep only the first so many training rows; 0: all.
/// @throws Error(data) naming how many are needed when fewer than min_training or min_held_out subnets remain (of rows with repeats it
/// names the different subnets too), when train_rows is more than there are, or when a row has no images or more hits than images.
Split split_rows(std::vector<h5::Row> const& rows, std::string const& stage, std::uint64_t seed, double held_out_fraction,
                 int train_rows = 0);

/// A fold for each row, of nearly equal numbers of subnets, in a seeded order; rows of one subnet are in one fold, so that no fold is
/// predicted from itself. Where there are fewer subnets than folds, rows count as subnets.
std::vector<std::size_t> fold_of_rows(std::vector<h5::Row> const& rows, std::size_t num_folds, std::uint64_t seed);

inline constexpr std::size_t min_training = 8, min_held_out = 2;  ///< subnets

}  // namespace apq::train
