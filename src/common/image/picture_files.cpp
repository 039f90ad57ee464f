#include "common/image/picture_files.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/printable.hpp"
#include "common/core/stop_request.hpp"
#include "common/image/picture_format.hpp"

namespace apq::image {
namespace fs = std::filesystem;
namespace {

bool begins_as_picture(fs::path const& file) {
  std::array<char, format_bytes> bytes{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(bytes.data(), bytes.size());
  auto const count = static_cast<std::size_t>(stream.gcount());
  return format_of({reinterpret_cast<std::uint8_t const*>(bytes.data()), count}) != PictureFormat::unknown;
}

bool lies_in(fs::path const& path, fs::path const& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

class Walk {
 public:
  void visit(fs::path const& folder) {
    Folder found{folder, {}};
    for (auto const& entry : visible_entries(folder)) {
      throw_if_stopping("data");
      std::error_code ec;
      if (entry.is_directory(ec)) descend(folder, entry);
      else if (has_picture_extension(entry.path().filename().string()) || (entry.is_regular_file(ec) && begins_as_picture(entry.path())))
        found.pictures.push_back(entry.path());
      else others_.push_back(entry.path());
    }
    folders_.push_back(std::move(found));
  }

  PictureFiles result() && {
    std::sort(folders_.begin(), folders_.end(), [](auto const& a, auto const& b) { return a.path.native() < b.path.native(); });
    PictureFiles files{{}, std::move(others_)};
    for (auto& folder : folders_) std::move(folder.pictures.begin(), folder.pictures.end(), std::back_inserter(files.pictures));
    return files;
  }

 private:
  struct Folder {
    fs::path path;
    std::vector<fs::path> pictures;
  };

  // A link to where the walk came from would have no end.
  void descend(fs::path const& folder, fs::directory_entry const& entry) {
    bool const is_link = entry.is_symlink();
    if (is_link) {
      left_by_link_.push_back(fs::canonical(folder));
      auto const target = fs::canonical(entry.path());
      for (auto const& above : left_by_link_)
        if (lies_in(above, target))
          throw Error(Errc::data, fmt::format("{}: is a link to a folder that it lies in; remove it", printable(entry.path().string())));
    }
    visit(entry.path());
    if (is_link) left_by_link_.pop_back();
  }

  std::vector<Folder> folders_;
  std::vector<fs::path> others_;
  std::vector<fs::path> left_by_link_;  // canonical: the folders whose links lead to where the walk is
};

}  // namespace

std::vector<fs::directory_entry> visible_entries(fs::path const& folder) {
  std::error_code ec;
  std::vector<fs::directory_entry> found;
  for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec))
    if (!it->path().filename().string().starts_with('.')) found.push_back(*it);
  if (ec) throw Error(Errc::io, fmt::format("{}: cannot be read ({})", printable(folder.string()), ec.message()));
  std::sort(found.begin(), found.end());
  return found;
}

PictureFiles pictures_below(fs::path const& folder) {
  Walk walk;
  walk.visit(folder);
  return std::move(walk).result();
}

}  // namespace apq::image
