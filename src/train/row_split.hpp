#pragma once

#include <cstdint>
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

/// Whether a row is held out, and its place in the training order, are functions of (seed, stage,
/// id) alone: a row never changes sides when others are added. About `held_out_fraction` of the
/// rows are held out.
///
/// @param train_rows  keep only the first so many training rows; 0: all.
/// @throws Error(data) naming the rows needed when fewer than min_training or min_held_out remain,
/// when train_rows is more
///         than there are, or when a row has no images or more hits than images.
Split split_rows(std::vector<h5::Row> const& rows, std::string const& stage, std::uint64_t seed, double held_out_fraction,
                 int train_rows = 0);

inline constexpr std::size_t min_training = 8, min_held_out = 2;

}  // namespace apq::train
