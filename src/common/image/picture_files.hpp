#pragma once

#include <filesystem>
#include <vector>

namespace apq::image {

/// What lies in a folder and its subfolders.
struct PictureFiles {
  std::vector<std::filesystem::path> pictures;  ///< as torchvision's ImageFolder orders them: by folder, then by name
  std::vector<std::filesystem::path> others;    ///< files that are none: neither a picture's extension nor a picture's first bytes
};

/// Hidden files and folders are left out; links are followed. Opens no file but those without a picture's extension.
/// @throws Error(io) when a folder cannot be read, Error(data) for a link to a folder that it lies in.
PictureFiles pictures_below(std::filesystem::path const& folder);

/// What lies in a folder itself, sorted by name, hidden things left out. @throws Error(io).
std::vector<std::filesystem::directory_entry> visible_entries(std::filesystem::path const& folder);

}  // namespace apq::image
