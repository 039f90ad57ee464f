#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace apq::energy {

/// What a country's electricity emits over its life cycle.
struct GridFactor {
  std::string code;            ///< ISO 3166-1 alpha-3
  std::string country;         ///< its name in English
  double gco2e_per_kwh = 0;    ///< of generation, imports left out
  int year = 0;                ///< that the factor is of
  std::string source() const;  ///< with country, year and citation, for a ledger
};

/// The table of data/grid_factors.csv, part of the executable, by code. Factors are yearly averages; those of an hour differ by up to a
/// factor of three.
std::vector<GridFactor> const& grid_factors();

/// @param code  in any case. @throws Error(config) naming similar countries where the table has none of that code.
GridFactor const& grid_factor(std::string_view code);

}  // namespace apq::energy
