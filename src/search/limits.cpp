#include "search/limits.hpp"

#include <fmt/format.h>

namespace apq::search {

std::string describe(Limits const& limits) {
  std::string text;
  for (auto const& limit : limits)
    text += fmt::format("{}{} <= {:.6g}", text.empty() ? "" : " and ", cost::name_of(limit.metric), limit.value);
  return text;
}

}  // namespace apq::search
