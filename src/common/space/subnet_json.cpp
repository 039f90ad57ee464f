#include "common/space/subnet_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"

namespace apq::space {
using Json = nlohmann::json;
namespace {

template <class T>
std::vector<T> numbers(Json const& object, std::string const& key) {
  if (!object.contains(key)) throw Error(Errc::data, fmt::format("lacks \"{}\"", key));
  auto const& array = object.at(key);
  if (!array.is_array()) throw Error(Errc::data, fmt::format("\"{}\" is not an array", key));
  std::vector<T> values;
  for (auto const& item : array) {
    if (!item.is_number()) throw Error(Errc::data, fmt::format("\"{}\" holds {}, which is not a number", key, item.dump()));
    double const value = item.get<double>();
    if (std::is_integral_v<T> && (value != std::floor(value) || std::abs(value) > 1e6))
      throw Error(Errc::data, fmt::format("\"{}\" holds {}, which is not a whole number of sensible size", key, item.dump()));
    values.push_back(static_cast<T>(value));
  }
  return values;
}

// In memory both forms become one: `info` has the architecture, `policy` the bits, under these key suffixes.
Subnet read(SearchSpace const& space, Json const& info, Json const* policy, std::string const& suffix) {
  Subnet subnet;
  subnet.kernels = numbers<int>(info, "ks");
  subnet.depths = numbers<int>(info, "d");
  if (info.contains("mid_channels")) {
    subnet.middle_channels = numbers<int>(info, "mid_channels");
  } else {
    auto const ratios = numbers<double>(info, "e");
    if (ratios.size() != space.blocks.size())
      throw Error(Errc::data, fmt::format("\"e\" has {} entries; the space has {} blocks", ratios.size(), space.blocks.size()));
    for (std::size_t b = 0; b < ratios.size(); ++b)
      subnet.middle_channels.push_back(channels_from_ratio(space.blocks[b].in_channels, ratios[b], space.channel_divisor));
  }
  // The release carries a depth for its last stage, which has one block and ignores it.
  if (subnet.depths.size() == space.stages.size())
    for (std::size_t s = 0; s < subnet.depths.size(); ++s)
      if (space.stages[s].depths.size() == 1) subnet.depths[s] = space.stages[s].depths.front();
  if (policy != nullptr && policy->contains(role_names[0] + suffix)) {
    subnet.bits.emplace();
    for (int r = 0; r < num_roles; ++r)
      (*subnet.bits)[static_cast<std::size_t>(r)] = numbers<int>(*policy, role_names[static_cast<std::size_t>(r)] + suffix);
  }
  genes_of(space, subnet);  // checks lengths and choices
  return subnet;
}

}  // namespace

int channels_from_ratio(int in_channels, double ratio, int divisor) {
  // Python's round: half to even.
  double const wanted = std::nearbyint(in_channels * ratio);
  int channels = std::max(divisor, static_cast<int>(wanted + divisor / 2.0) / divisor * divisor);
  if (channels < 0.9 * wanted) channels += divisor;
  return channels;
}

Subnet subnet_from_json(SearchSpace const& space, Json const& json, std::string const& source) {
  try {
    if (json.is_array() && json.size() == 2 && json[0].is_object() && json[1].is_object())
      return read(space, json[0], &json[1], "_bits_setting");
    if (json.is_object()) return read(space, json, &json, "_bits");
    throw Error(Errc::data, "is neither an object with ks, mid_channels or e, d nor a pair [info, q_info]");
  } catch (Error const& e) {
    throw Error(Errc::data, fmt::format("{}: {}", source, e.what()));
  }
}

Json to_json(SearchSpace const&, Subnet const& subnet) {
  Json json{{"ks", subnet.kernels}, {"mid_channels", subnet.middle_channels}, {"d", subnet.depths}};
  if (subnet.bits)
    for (int r = 0; r < num_roles; ++r)
      json[std::string(role_names[static_cast<std::size_t>(r)]) + "_bits"] = (*subnet.bits)[static_cast<std::size_t>(r)];
  return json;
}

Json to_release_json(SearchSpace const& space, Subnet const& subnet) {
  std::vector<double> ratios;
  for (std::size_t b = 0; b < subnet.middle_channels.size(); ++b)
    ratios.push_back(static_cast<double>(subnet.middle_channels[b]) / space.blocks[b].in_channels);
  Json info{{"wid", nullptr}, {"ks", subnet.kernels}, {"e", ratios}, {"d", subnet.depths}};
  Json policy = Json::object();
  if (subnet.bits)
    for (int r = 0; r < num_roles; ++r)
      policy[std::string(role_names[static_cast<std::size_t>(r)]) + "_bits_setting"] = (*subnet.bits)[static_cast<std::size_t>(r)];
  return Json::array({info, policy});
}

std::vector<Subnet> load_subnets(SearchSpace const& space, std::filesystem::path const& file) {
  Json json;
  try {
    json = Json::parse(read_file(file));
  } catch (Json::exception const& e) {
    throw Error(Errc::data, fmt::format("{}: is not JSON ({})", file.string(), e.what()));
  }
  bool const is_pair = json.is_array() && json.size() == 2 && json[0].is_object() && json[0].contains("ks") && !json[1].contains("ks");
  if (json.is_object() || is_pair) return {subnet_from_json(space, json, file.string())};
  if (!json.is_array()) throw Error(Errc::data, fmt::format("{}: must hold an array of subnets", file.string()));
  std::vector<Subnet> subnets;
  for (std::size_t i = 0; i < json.size(); ++i)
    subnets.push_back(subnet_from_json(space, json[i], fmt::format("{}: subnet {}", file.string(), i)));
  return subnets;
}

}  // namespace apq::space
