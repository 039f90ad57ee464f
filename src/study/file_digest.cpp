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

void FileDigests::note(std::filesystem::path const& file, FileDigest const& noted) {
  auto const found = known_.find(file);
  if (found == known_.end() || !found->second.is_own) known_[file] = {noted, false};
}

void FileDigests::note_hashed(std::filesystem::path const& file, std::string digest) {
  if (auto const state = state_of(file)) known_[file] = {{std::move(digest), *state, now_ns()}, true};
}

std::optional<FileDigest> FileDigests::of(std::filesystem::path const& file) {
  auto const state = state_of(file);
  if (!state) return std::nullopt;
  if (auto const found = known_.find(file); found != known_.end()) {
    auto const& [digest, is_own] = found->second;
    if (is_own ? *state == digest.state : is_untouched(file, digest)) return digest;
  }
  note_hashed(file, sha256_of_file(file));
  return known_.at(file).digest;
}

}  // namespace apq::study
