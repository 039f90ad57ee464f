#include "common/core/utc_time.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>

#include <fmt/chrono.h>

namespace apq {

namespace {
std::string text_of(std::time_t time) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(time)); }
}  // namespace

std::string utc_now() { return text_of(std::time(nullptr)); }

std::string utc_before(std::string const& time, double seconds) {
  std::tm parts{};
  auto const* const end = ::strptime(time.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return time;
  return text_of(::timegm(&parts) - static_cast<std::time_t>(std::lround(std::clamp(seconds, 0.0, 1e9))));
}

}  // namespace apq
