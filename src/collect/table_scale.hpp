#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collect/table_entry.hpp"

// What the accuracies of a table mean: their unit, and the number of images that they are means over.
namespace apq::collect {

enum class AccuracyUnit { by_content, fraction, percent };

struct LinedAccuracy {
  std::size_t line;
  WrittenAccuracy written;
};

/// What is wrong, and in which line.
struct LineFault {
  std::size_t line;
  std::string problem;
};

/// The unit of one table's accuracies, or why it is not clear.
struct UnitFinding {
  bool percent = false;
  std::optional<LineFault> fault;
};

/// @param asked        what the caller says, which settles it; percent signs against it are a fault
/// @param column_says  percent, by its name
///
/// By content: percent signs, or the column's name; else percent where values exceed 1. Not clear: signs at some values only; a
/// column of percent without a value above 1; values above 1 beside values in (0, 1].
UnitFinding unit_of(std::vector<LinedAccuracy> const& accuracies, AccuracyUnit asked, bool column_says);

/// By how much a fraction may differ from hits / images: half a unit of the last digit that any of a table's is printed with; at least
/// what single precision leaves open.
double rounding_of(std::vector<LinedAccuracy> const& accuracies, bool percent);

struct RoundedFraction {
  double value, rounding;
};

/// Whether the fraction is hits / images for a whole number of hits, as far as its rounding tells.
bool fits(RoundedFraction const& fraction, std::uint32_t images);

/// The least number of images up to 100,000 that all fit; 0: none, or only numbers that any accuracy would fit.
std::uint32_t least_fit(std::vector<RoundedFraction> const& fractions);

/// The least n <= 100,000 such that every accuracy (fraction) is a multiple of 1/n as far as its digits tell; 0 when there is none,
/// when n is a power of ten (the grid of decimal digits), or with fewer than 20 accuracies.
std::uint32_t images_from_grid(std::vector<double> const& fractions);

}  // namespace apq::collect
