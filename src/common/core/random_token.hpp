#pragma once

#include <string>

namespace apq {

/// 128 random bits of the system as 32 hex digits: a name that nobody else has, on any host. Nothing that a result depends on may be drawn
/// from it (random.hpp). Local.
std::string random_token();

}  // namespace apq
