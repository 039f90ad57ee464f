#pragma once

#include <filesystem>

namespace apq {

/// The one name of a directory, however it is written: absolute, links followed, no slash at its end.
inline std::filesystem::path directory_name(std::filesystem::path const& directory) {
  auto const name = std::filesystem::weakly_canonical(std::filesystem::absolute(directory));
  return name.has_filename() ? name : name.parent_path();
}

}  // namespace apq
