#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace apq::energy {

/// Watts of a node in what `scontrol show node NAME` prints (`CurrentWatts=N`, from the site's AcctGatherEnergyType); absent where Slurm
/// does not measure ("n/s", or 0, which no node at work takes).
std::optional<double> node_watts(std::string_view scontrol);

}  // namespace apq::energy
