#include "study/file_view.hpp"

#include <algorithm>
#include <system_error>

#include <sys/stat.h>

namespace apq::study {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

std::vector<fs::path> regular_files_in(fs::path const& folder) {
  std::vector<fs::path> files;
  std::error_code ec;
  for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec))
    if (std::error_code unknown; it->is_regular_file(unknown)) files.push_back(it->path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::optional<FileState> state_of(fs::path const& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return FileState{static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec * second_ns + status.st_mtim.tv_nsec, status.st_ino};
}

std::optional<FileState> const& FileView::state(fs::path const& file) {
  auto const [found, is_new] = states_.try_emplace(file);
  if (is_new) found->second = state_of(file);
  return found->second;
}

std::vector<fs::path> const& FileView::files_in(fs::path const& folder) {
  auto const [found, is_new] = folders_.try_emplace(folder);
  if (is_new) found->second = regular_files_in(folder);
  return found->second;
}

void FileView::look_again() {
  states_.clear();
  folders_.clear();
}

}  // namespace apq::study
