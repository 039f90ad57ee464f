#pragma once

#include <cstdio>
#include <string_view>

#include "common/core/printable.hpp"

namespace apq::app {

/// Lines on standard output. Names in them come from files that anybody may have made, and a terminal obeys what it is shown.
inline void print(std::string_view lines) { std::fputs(printable_lines(lines).c_str(), stdout); }

}  // namespace apq::app
