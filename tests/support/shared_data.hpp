#pragma once

#include <filesystem>
#include <optional>

// Third-party data is never part of the repository: tests that need it look here and skip where it is absent.
namespace apq::test {

/// $APQ_GOLDEN_DIR, else ../shared/golden beside the source tree when it exists.
std::optional<std::filesystem::path> golden_dir();
/// $APQ_DATA_DIR, else ../shared/data beside the source tree when it exists.
std::optional<std::filesystem::path> data_dir();
/// The source tree ($APQ_SOURCE_DIR, set by ctest; else the working directory).
std::filesystem::path source_dir();
/// The built `apq` executable ($APQ_EXE, set by ctest).
std::filesystem::path apq_executable();

}  // namespace apq::test

#define APQ_REQUIRE_GOLDEN(dir)                                                       \
  auto const dir##_optional = ::apq::test::golden_dir();                              \
  if (!dir##_optional) GTEST_SKIP() << "golden cases are absent; set APQ_GOLDEN_DIR"; \
  std::filesystem::path const& dir = *dir##_optional

#define APQ_REQUIRE_DATA(dir)                                                          \
  auto const dir##_optional = ::apq::test::data_dir();                                 \
  if (!dir##_optional) GTEST_SKIP() << "third-party data is absent; set APQ_DATA_DIR"; \
  std::filesystem::path const& dir = *dir##_optional
