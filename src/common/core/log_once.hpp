#pragma once

#include <string>

namespace apq::log {

/// Says it as root() does, the first time that this process does: of what is read more than once.
void once(std::string const& text);

}  // namespace apq::log
