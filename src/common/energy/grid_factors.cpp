#include "common/energy/grid_factors.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"
#include "common/energy/grid_factor_table.hpp"

namespace apq::energy {
namespace {

std::vector<GridFactor> parsed(std::string_view table) {
  std::vector<GridFactor> factors;
  std::istringstream lines{std::string(table)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#' || line.starts_with("code,")) continue;
    std::istringstream cells(line);
    GridFactor factor;
    std::string intensity, year;
    std::getline(cells, factor.code, ',');
    std::getline(cells, factor.country, ',');
    std::getline(cells, intensity, ',');
    std::getline(cells, year);
    factor.gco2e_per_kwh = std::stod(intensity);
    factor.year = std::stoi(year);
    factors.push_back(std::move(factor));
  }
  return factors;
}

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

}  // namespace

std::string GridFactor::source() const {
  return fmt::format("{} {}, Our World in Data from Ember and the Energy Institute", country, year);
}

std::vector<GridFactor> const& grid_factors() {
  static std::vector<GridFactor> const factors = parsed(grid_factor_table);
  return factors;
}

GridFactor const& grid_factor(std::string_view code) {
  auto const wanted = upper(code);
  auto const& factors = grid_factors();
  auto const found = std::find_if(factors.begin(), factors.end(), [&](GridFactor const& f) { return f.code == wanted; });
  if (found != factors.end()) return *found;
  std::vector<std::string> similar;  // a name, or a code of two letters
  for (auto const& f : factors)
    if (upper(f.country).find(wanted) != std::string::npos || f.code.starts_with(wanted)) similar.push_back(f.code + " " + f.country);
  throw Error(Errc::config, fmt::format("{} is no country of the table of grid factors; {}", code,
                                        similar.empty() || similar.size() > 6 ? "give a code of three letters (ISO 3166-1), e.g. DEU"
                                                                              : fmt::format("there are {}", fmt::join(similar, ", "))));
}

}  // namespace apq::energy
