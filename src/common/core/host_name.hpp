#pragma once

#include <string>

namespace apq {

/// Of the machine that this process runs on; empty where it has none. Local.
std::string host_name();

}  // namespace apq
