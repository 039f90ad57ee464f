#include "common/image/changed_files.hpp"

#include <chrono>
#include <set>

#include <sys/stat.h>

namespace apq::image {
namespace fs = std::filesystem;
namespace {

using SystemTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

SystemTime time_of(timespec const& time) { return SystemTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)); }

// A file that is moved here keeps the time of its content; the time of its state tells.
bool is_later(std::string const& path, SystemTime moment) {
  struct stat state {};
  if (::stat(path.c_str(), &state) != 0) return false;
  return time_of(S_ISDIR(state.st_mode) ? state.st_mtim : state.st_ctim) > moment;
}

// Those that hold the files, up to the root, and the root's own, which may have lost all of theirs.
std::set<std::string> folders_of(Listing const& listing) {
  std::set<std::string> folders;
  fs::path const root = listing.where;
  std::error_code ec;
  if (listing.kind != "folder" || !fs::is_directory(root, ec)) return folders;
  folders.insert(root.string());
  for (fs::directory_iterator it(root, ec), end; !ec && it != end; it.increment(ec)) {
    std::error_code ignored;
    if (it->is_directory(ignored)) folders.insert(it->path().string());
  }
  for (auto const& file : listing.files)
    for (auto folder = fs::path(file).parent_path(); folder.has_relative_path() && folders.insert(folder.string()).second;)
      folder = folder.parent_path();
  return folders;
}

}  // namespace

ChangedFiles changed_since(Listing const& listing, fs::file_time_type moment) {
  auto const since = std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::file_clock::to_sys(moment));
  ChangedFiles changed;
  std::set<std::string> files(listing.files.begin(), listing.files.end());
  std::error_code ec;
  if (fs::is_regular_file(listing.where, ec)) files.insert(listing.where);
  for (auto const& file : files)
    if (is_later(file, since)) changed.files.push_back(file);
  for (auto const& folder : folders_of(listing))
    if (is_later(folder, since)) changed.folders.push_back(folder);
  return changed;
}

}  // namespace apq::image
