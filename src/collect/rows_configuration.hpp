#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace apq::collect {

/// The configuration of a study whose rows come from elsewhere: enough for what is made of rows. @param space  absolute, or beside it.
inline std::string rows_configuration(std::filesystem::path const& study, std::uint64_t seed, std::filesystem::path const& space) {
  auto const quoted = [](std::string const& text) { return nlohmann::json(text).dump(); };
  auto const whole = std::filesystem::weakly_canonical(study);
  return fmt::format("study:\n  name: {}\n  dir: {}\n  seed: {}\nspace: {}\n", quoted(whole.filename().string()), quoted(whole.string()),
                     seed, quoted(space.string()));
}

}  // namespace apq::collect
