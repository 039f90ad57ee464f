#pragma once

#include <string>

namespace apq {

/// As /proc/cpuinfo names the processor; empty where it does not.
std::string processor_model();

}  // namespace apq
