#include "study/file_digest.hpp"

#include <chrono>

#include <sys/stat.h>

#include "common/core/sha256.hpp"

namespace apq::study {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

}  // namespace

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::optional<FileState> state_of(std::filesystem::path const& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return FileState{static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec * second_ns + status.st_mtim.tv_nsec, status.st_ino};
}

bool is_untouched(std::filesystem::path const& file, FileDigest const& noted) {
  auto const state = state_of(file);
  return state && *state == noted.state && noted.recorded_ns - state->modified_ns >= 2 * second_ns;
}

void FileDigests::note(std::filesystem::path const& file, FileDigest const& noted) { known_[file] = noted; }

std::optional<FileDigest> FileDigests::of(std::filesystem::path const& file) {
  if (auto const found = known_.find(file); found != known_.end() && is_untouched(file, found->second)) return found->second;
  auto const state = state_of(file);
  if (!state) return std::nullopt;
  FileDigest const digest{sha256_of_file(file), *state, now_ns()};
  known_[file] = digest;
  return digest;
}

}  // namespace apq::study
