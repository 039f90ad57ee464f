#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/h5/shard.hpp"

// Rows of one subnet (equal canonical genes) that were measured more than once.
namespace apq::collect {

/// What becomes of rows of one subnet.
enum class Repeats {
  error,  ///< equal counts: the first stays; others are faults
  first,  ///< the first stays
  mean,   ///< one row, in the place of the first, with the mean of their accuracies as hits of as many images as the most have
  all,    ///< every one stays, as a measurement of its own; trainings weigh a subnet by its measurements and split by subnet
};
inline constexpr char const* repeats_names[] = {"error", "first", "mean", "all"};

/// How far measurements of one subnet lie apart.
struct RepeatNoise {
  std::size_t subnets = 0;  ///< measured more than once
  std::size_t rows = 0;     ///< theirs
  double deviation = 0;     ///< standard deviation of one measurement's accuracy, in percent: sqrt(sum (a - mean)^2 / sum (n - 1))
};

/// Nothing where no subnet has two rows. Rows without images do not count.
std::optional<RepeatNoise> noise_of_repeats(std::vector<h5::Row> const& rows);
/// "12 subnets measured 25 times, standard deviation of a measurement 0.121 %".
std::string text_of(RepeatNoise const& noise);

/// A row that repeats an earlier one with another count.
struct Contradicting {
  std::size_t row, first;  ///< indices
};

struct SettledRows {
  std::vector<h5::Row> rows;                 ///< ids anew, from 0
  std::vector<std::size_t> from;             ///< of each its index in what was given
  std::size_t num_left_out = 0;              ///< rows of what was given that are not there
  std::vector<Contradicting> contradicting;  ///< only for Repeats::error
};
SettledRows settle_repeats(std::vector<h5::Row> const& rows, Repeats repeats);

}  // namespace apq::collect
