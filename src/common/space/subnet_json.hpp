#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/space/subnet.hpp"

namespace apq::space {

/// Plain form: {"ks":[B], "mid_channels":[B] or "e":[B] (ratios), "d":[S], and for quantised
/// subnets "pw_w_bits":[B], "pw_a_bits":[B], "dw_w_bits":[B], "dw_a_bits":[B]}. The release's pair
/// [info, q_info] (info {wid, ks, e, d}; q_info {pw_w_bits_setting, ...}) is read as well;
/// mid_channels wins over e. Where the image size is a gene, "r" (or OFA's "image_size") is required: a
/// number, or a list of one; elsewhere it may be left out. A stage that has a single depth choice accepts any depth (the release
/// carries one that has no effect).
/// @throws Error(data) naming `source`, the subnet's index and the field.
Subnet subnet_from_json(SearchSpace const& space, nlohmann::json const& json, std::string const& source);
nlohmann::json to_json(SearchSpace const& space, Subnet const& subnet);
nlohmann::json to_release_json(SearchSpace const& space, Subnet const& subnet);

/// A file holding an array of either form, or one object: a subnet, or a winner of a study, {"subnet": a subnet, "genes": [G], ...},
/// whose genes, where given, must be the subnet's, and whose format and version those of winner_format.hpp. @throws Error(io | data).
std::vector<Subnet> load_subnets(SearchSpace const& space, std::filesystem::path const& file);

/// `width` rounded to a multiple of `divisor`, at least one and no less than 0.9 of it.
int make_divisible(double width, int divisor);

/// Ratio gene to channels: make_divisible(round(in_channels * ratio), divisor) as the network does
/// it.
int channels_from_ratio(int in_channels, double ratio, int divisor);

}  // namespace apq::space
