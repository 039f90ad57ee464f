#include "common/space/subnet_json.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/json_text.hpp"
#include "common/space/winner_format.hpp"

namespace apq::space {
namespace {
using Json = nlohmann::json;

[[noreturn]] void fail(std::string const& source, std::string const& problem) {
  throw Error(Errc::data, fmt::format("{}: {}", source, problem));
}

bool present(Json const& object, std::string const& key) { return object.contains(key) && !object.at(key).is_null(); }

std::vector<double> numbers(Json const& object, std::string const& key, std::size_t expected, std::string const& source) {
  if (!present(object, key)) fail(source, fmt::format("{} is missing; it must be a list of {} numbers", key, expected));
  auto const& list = object.at(key);
  if (!list.is_array() || list.size() != expected)
    fail(source, fmt::format("{} must be a list of {} numbers, and is {}", key, expected,
                             list.is_array() ? fmt::format("a list of {}", list.size()) : std::string(list.type_name())));
  std::vector<double> values;
  for (auto const& item : list) {
    if (!item.is_number()) fail(source, fmt::format("{}[{}] is not a number", key, values.size()));
    values.push_back(item.get<double>());
  }
  return values;
}

std::vector<int> integers(Json const& object, std::string const& key, std::size_t expected, std::string const& source) {
  std::vector<int> values;
  for (double value : numbers(object, key, expected, source)) {
    if (value != std::floor(value) || std::abs(value) > 1e9)
      fail(source, fmt::format("{}[{}] = {} is not a whole number", key, values.size(), value));
    values.push_back(static_cast<int>(value));
  }
  return values;
}

std::vector<int> widths_from_ratios(SearchSpace const& space, Json const& info, std::string const& source) {
  auto const ratios = numbers(info, "e", space.blocks.size(), source);
  std::vector<int> widths;
  for (std::size_t b = 0; b < ratios.size(); ++b) {
    auto const& block = space.blocks[b];
    if (!(ratios[b] > 0.0 && ratios[b] <= 1e4)) fail(source, fmt::format("e[{}] = {} is not a ratio", b, ratios[b]));
    // An explicit list may hold widths off the divisor's grid: those are taken as they are.
    int const exact = static_cast<int>(std::nearbyint(block.in_channels * ratios[b]));
    bool const listed = std::binary_search(block.middle_channels.begin(), block.middle_channels.end(), exact);
    widths.push_back(listed ? exact : channels_from_ratio(block.in_channels, ratios[b], space.channel_divisor));
  }
  return widths;
}

/// 0 in a space of one image size.
int image_size(SearchSpace const& space, Json const& info, std::string const& source) {
  char const* const key = present(info, "r") || !present(info, "image_size") ? "r" : "image_size";
  bool const is_gene = space.image_sizes.size() > 1;
  if (!present(info, key)) {
    if (!is_gene) return 0;
    fail(source, fmt::format("r is missing; it must be one of the image sizes {}", fmt::join(space.image_sizes, ", ")));
  }
  auto const& value = info.at(key).is_array() && info.at(key).size() == 1 ? info.at(key)[0] : info.at(key);
  bool const is_number = value.is_number() && std::abs(value.get<double>()) < 1e9;
  if (!is_number || !std::binary_search(space.image_sizes.begin(), space.image_sizes.end(), static_cast<int>(value.get<double>())) ||
      value.get<double>() != std::floor(value.get<double>()))
    fail(source, fmt::format("{} = {} is not an image size of the space; allowed: {}", key,
                             value.is_number() ? value.dump() : std::string(value.type_name()), fmt::join(space.image_sizes, ", ")));
  return is_gene ? value.get<int>() : 0;
}

/// [info, q_info]; q_info is null or empty for a full-precision subnet. An array of two plain
/// subnets has "ks" in both.
bool is_release_pair(Json const& json) {
  return json.is_array() && json.size() == 2 && json[0].is_object() && json[0].contains("ks") &&
         (json[1].is_null() || (json[1].is_object() && !json[1].contains("ks")));
}

}  // namespace

int make_divisible(double width, int divisor) {
  int rounded = std::max(divisor, static_cast<int>(width + divisor / 2.0) / divisor * divisor);
  if (rounded < 0.9 * width) rounded += divisor;
  return rounded;
}

int channels_from_ratio(int in_channels, double ratio, int divisor) {
  // nearbyint rounds halves to even, as Python's round does.
  return make_divisible(std::nearbyint(in_channels * ratio), divisor);
}

Subnet subnet_from_json(SearchSpace const& space, Json const& json, std::string const& source) {
  bool const pair = is_release_pair(json);
  if (!pair && !json.is_object())
    fail(source,
         "is not a subnet; it must be an object with ks, mid_channels or e, d, or the pair [info, "
         "q_info]");
  Json const& info = pair ? json[0] : json;
  Json const& policy = pair ? json[1] : json;
  char const* const suffix = pair ? "_bits_setting" : "_bits";
  auto const num_blocks = space.blocks.size();

  Subnet subnet;
  subnet.kernels = integers(info, "ks", num_blocks, source);
  if (present(info, "mid_channels")) subnet.middle_channels = integers(info, "mid_channels", num_blocks, source);
  else if (present(info, "e")) subnet.middle_channels = widths_from_ratios(space, info, source);
  else fail(source, "has neither mid_channels nor e");
  subnet.depths = integers(info, "d", space.stages.size(), source);
  for (std::size_t s = 0; s < space.stages.size(); ++s)
    if (space.stages[s].depths.size() == 1) subnet.depths[s] = space.stages[s].depths.front();

  subnet.image_size = image_size(space, info, source);
  if (policy.is_object() &&
      std::any_of(role_names.begin(), role_names.end(), [&](std::string const& role) { return present(policy, role + suffix); })) {
    subnet.bits.emplace();
    for (std::size_t role = 0; role < num_roles; ++role)
      (*subnet.bits)[role] = integers(policy, std::string(role_names[role]) + suffix, num_blocks, source);
  }
  try {
    genes_of(space, subnet);
  } catch (Error const& e) {
    throw Error(e.code(), fmt::format("{}: {}", source, e.what()));
  }
  return subnet;
}

Json to_json(SearchSpace const&, Subnet const& subnet) {
  Json json{{"ks", subnet.kernels}, {"mid_channels", subnet.middle_channels}, {"d", subnet.depths}};
  if (subnet.image_size > 0) json["r"] = subnet.image_size;
  if (subnet.bits)
    for (std::size_t role = 0; role < num_roles; ++role) json[std::string(role_names[role]) + "_bits"] = (*subnet.bits)[role];
  return json;
}

Json to_release_json(SearchSpace const& space, Subnet const& subnet) {
  std::vector<double> ratios;
  for (std::size_t b = 0; b < subnet.middle_channels.size(); ++b)
    ratios.push_back(static_cast<double>(subnet.middle_channels[b]) / space.blocks[b].in_channels);
  Json info{{"wid", nullptr}, {"ks", subnet.kernels}, {"e", ratios}, {"d", subnet.depths}};
  if (subnet.image_size > 0) info["r"] = subnet.image_size;
  Json policy;
  if (subnet.bits)
    for (std::size_t role = 0; role < num_roles; ++role) policy[std::string(role_names[role]) + "_bits_setting"] = (*subnet.bits)[role];
  return Json::array({info, policy});
}

namespace {

/// Either form, or what a study writes of a winner: {"subnet": ..., "genes": [...], ...}.
Subnet subnet_or_winner(SearchSpace const& space, Json const& json, std::string const& source) {
  if (!json.is_object() || !json.contains("subnet")) return subnet_from_json(space, json, source);
  if (present(json, "format") && json.at("format") != winner_format.name)
    fail(source, fmt::format("is no subnet but a record of {}", json.at("format").dump()));
  if (present(json, "format_version") && json.at("format_version") != winner_format.version)
    fail(source, fmt::format("is of format version {} (this apq reads {})", json.at("format_version").dump(), winner_format.version));
  auto const subnet = subnet_from_json(space, json.at("subnet"), source + ": subnet");
  if (!present(json, "genes")) return subnet;
  auto const& list = json.at("genes");
  auto const expected = genes_of(space, subnet);
  if (!list.is_array()) fail(source, fmt::format("genes must be a list of {} numbers, and is {}", expected.size(), list.type_name()));
  if (list != Json(expected))
    fail(source, "genes are not those of subnet in this space; use the space that the subnet was found in, or leave genes out");
  return subnet;
}

}  // namespace

std::vector<Subnet> load_subnets(SearchSpace const& space, std::filesystem::path const& file) {
  auto const json = parse_json(read_file(file), file.string());
  if (json.is_object() || is_release_pair(json)) return {subnet_or_winner(space, json, file.string())};
  if (!json.is_array()) fail(file.string(), "must hold an array of subnets");
  std::vector<Subnet> subnets;
  for (auto const& item : json)
    subnets.push_back(subnet_or_winner(space, item, fmt::format("{}: subnet {}", file.string(), subnets.size())));
  return subnets;
}

}  // namespace apq::space
