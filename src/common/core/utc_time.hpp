#pragma once

#include <string>

namespace apq {

/// Now, ISO 8601: "2026-01-02T03:04:05Z"; its day alone is "2026-01-02".
std::string utc_now();

/// So many seconds before that time, to the second; what is no such time comes back as it is.
std::string utc_before(std::string const& time, double seconds);

}  // namespace apq
