#pragma once

#include <string>
#include <vector>

namespace apq::launch {

/// NAME=VALUE of slurm/openmpi.env, which the build takes in.
std::vector<std::string> openmpi_settings();

}  // namespace apq::launch
