#include "support/shared_data.hpp"

#include <cstdlib>

namespace apq::test {
namespace fs = std::filesystem;
namespace {

fs::path from_environment(char const* name, fs::path const& fallback) {
  char const* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? fs::path(value) : fallback;
}

std::optional<fs::path> existing(fs::path const& path) {
  std::error_code ec;
  if (!fs::is_directory(path, ec)) return std::nullopt;
  return path;
}

}  // namespace

fs::path source_dir() { return from_environment("APQ_SOURCE_DIR", "."); }
fs::path apq_executable() { return from_environment("APQ_EXE", "build/release/apq"); }

std::optional<fs::path> golden_dir() { return existing(from_environment("APQ_GOLDEN_DIR", source_dir() / ".." / "shared" / "golden")); }

std::optional<fs::path> data_dir() { return existing(from_environment("APQ_DATA_DIR", source_dir() / ".." / "shared" / "data")); }

}  // namespace apq::test
