#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "common/checkpoint/weight_names.hpp"
#include "common/net/supernet.hpp"

namespace apq::net {

/// How a checkpoint's keys fit the space's network.
checkpoint::WeightNames names_in(space::SearchSpace const& space, checkpoint::StateDict const& weights);

/// The supernet of a checkpoint whose names fit. Weights become float32.
/// @throws Error(data) starting with `source`: weights that require_finite() refuses.
Supernet adopt(space::SearchSpace const& space, checkpoint::StateDict const& weights, checkpoint::WeightNames const& names,
               std::string const& source);

/// Reads the project's own and the release's files, and those of others that weight_names.hpp knows; channels of the
/// latter are sorted where `needs_sorting`, so that a file and its import are the same supernet.
/// @throws Error(io) when it cannot be opened; Error(data) listing every missing, unexpected and mis-shaped key (range parameters of a
///         quantised checkpoint and batch counters are ignored), and as require_finite().
Supernet load_supernet(space::SearchSpace const& space, std::filesystem::path const& file);
/// The same of a file's content, which another rank may have read; says which state dict was taken where it holds several. @throws
/// Error(data) as load_supernet, starting with `name`.
Supernet parse_supernet(space::SearchSpace const& space, std::string_view content, std::string const& name);
void save_supernet(Supernet const& supernet, std::filesystem::path const& file);

}  // namespace apq::net
