#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/space/search_space.hpp"

// What `apq space` prints and writes.
namespace apq::space {

/// Size, genes and encoding of a space: lines of text, or a JSON object on one line.
std::string summary_table(SearchSpace const& space);
std::string summary_json(SearchSpace const& space);

/// So many random subnets in plain form, an array; subnet i depends on seed and i alone.
/// @param is_quantised  with bit widths.
nlohmann::json random_subnets(SearchSpace const& space, std::uint64_t seed, int count, bool is_quantised);

/// The largest subnet in plain form, an array of one.
/// @param bits  of all weights and all activations; empty: full precision. @throws Error for bits that the space has not.
nlohmann::json largest_subnet_json(SearchSpace const& space, std::vector<int> const& bits);

/// Writes the space around one trained network (space_file_of). @return what is said of it, with a line feed.
/// @throws Error(io) for files, Error(data) for what a space cannot express.
std::string write_space_of_net(std::filesystem::path const& net, std::filesystem::path const& output);

}  // namespace apq::space
