#pragma once

#include <map>
#include <string>
#include <vector>

namespace apq::study {

/// A configuration as keys and values: "search.population" -> "100", "search.constraints[0].metric" -> "latency_ms",
/// "train.curve" -> "[0.25, 0.5, 1]". What a stage depends on is told apart key by key, so that a change has a name.
using Settings = std::map<std::string, std::string>;

/// @param yaml  a resolved configuration (Config::resolved), or what was written of one.
/// @throws Error(data) starting with `source` when it is not YAML.
Settings settings_of(std::string const& yaml, std::string const& source);

/// Those whose key is one of `keys`, or lies in a section among them ("search" holds "search.population"; "" holds all).
Settings selected(Settings const& settings, std::vector<std::string> const& keys);

}  // namespace apq::study
