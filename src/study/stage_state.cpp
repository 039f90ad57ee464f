#include "study/stage_state.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace apq::study {
namespace {

bool is_digest(std::string const& value) {
  return value.size() == 64 && std::all_of(value.begin(), value.end(), [](unsigned char c) { return std::isxdigit(c); });
}

}  // namespace

std::vector<std::string> differences(Settings const& then, Settings const& now) {
  std::vector<std::string> sentences;
  for (auto const& [name, value] : then) {
    auto const found = now.find(name);
    if (found == now.end()) sentences.push_back(fmt::format("{} is gone", name));
    else if (found->second != value)
      sentences.push_back(is_digest(value) && is_digest(found->second)
                              ? fmt::format("{} changed", name)
                              : fmt::format("{} changed ({}, now {})", name, value, found->second));
  }
  for (auto const& [name, value] : now)
    if (!then.contains(name)) sentences.push_back(fmt::format("{} is new", name));
  return sentences;
}

std::vector<std::string> lost_outputs(Stamp const& stamp, std::filesystem::path const& study, FileDigests& digests, bool trusts_state) {
  std::vector<std::string> sentences;
  for (auto const& output : stamp.outputs) {
    auto const file = study / output.path;
    auto const state = state_of(file);
    if (!state) {
      sentences.push_back(fmt::format("{} is missing", output.path));
      continue;
    }
    bool const is_same = trusts_state && *state == output.digest.state ? true : digests.of(file)->digest == output.digest.digest;
    if (!is_same) sentences.push_back(fmt::format("{} is not what the stage wrote", output.path));
  }
  return sentences;
}

}  // namespace apq::study
