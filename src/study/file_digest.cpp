#include "study/file_digest.hpp"

#include <chrono>

#include "common/core/sha256.hpp"

namespace apq::study {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

// One name a file, however it was asked for.
std::filesystem::path key_of(std::filesystem::path const& file) { return std::filesystem::absolute(file).lexically_normal(); }

}  // namespace

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

bool is_untouched(std::optional<FileState> const& state, FileDigest const& noted) {
  return state && *state == noted.state && noted.recorded_ns - state->modified_ns >= 2 * second_ns;
}

void FileDigests::note(std::filesystem::path const& file, FileDigest const& noted) {
  auto const key = key_of(file);
  auto const found = known_.find(key);
  if (found == known_.end() || !found->second.is_own) known_[key] = {noted, false};
}

void FileDigests::note_hashed(std::filesystem::path const& file, std::string digest, FileState const& before) {
  known_[key_of(file)] = {{std::move(digest), before, now_ns()}, true};
}

std::optional<FileDigest> FileDigests::of(std::filesystem::path const& file) {
  auto const state = files_.state(file);
  if (!state) return std::nullopt;
  auto const key = key_of(file);
  if (auto const found = known_.find(key); found != known_.end()) {
    auto const& [digest, is_own] = found->second;
    if (is_own ? *state == digest.state : is_untouched(state, digest)) return digest;
  }
  // Were it replaced meanwhile, its state would be another one than the noted one, and it would be read again.
  note_hashed(file, sha256_of_file(file), *state);
  return known_.at(key).digest;
}

}  // namespace apq::study
