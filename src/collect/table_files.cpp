#include "collect/table_files.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"

namespace apq::collect {
namespace {
namespace fs = std::filesystem;

constexpr int largest_size = 100'000;

/// 128 of "128.dict".
std::optional<int> size_named(fs::path const& file) {
  auto const stem = file.stem().string();
  int size = 0;
  auto const [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), size);
  if (file.extension() != ".dict" || error != std::errc() || end != stem.data() + stem.size() || size < 1 || size > largest_size) return {};
  return size;
}

std::vector<std::pair<int, fs::path>> sized_files(fs::path const& folder) {
  std::vector<std::pair<int, fs::path>> files;
  std::error_code ec;
  for (auto const& entry : fs::directory_iterator(folder, ec))
    if (auto const size = size_named(entry.path()); size && entry.is_regular_file()) files.emplace_back(*size, entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::vector<TableText> read_table_files(std::vector<fs::path> const& given) {
  std::vector<TableText> texts;
  auto const read = [&](fs::path const& file) { texts.push_back({file.string(), read_file(file), size_named(file)}); };
  for (auto const& path : given) {
    std::error_code ec;
    if (!fs::is_directory(path, ec)) {
      read(path);
      continue;
    }
    auto files = sized_files(path);
    if (files.empty()) files = sized_files(path / "src");
    if (files.empty())
      throw Error(Errc::data,
                  fmt::format("{}: is a folder without files SIZE.dict (128.dict, 160.dict, ...: what once-for-all writes for each "
                              "image size); name the files of the table",
                              path.string()));
    for (auto const& [size, file] : files) read(file);
  }
  return texts;
}

}  // namespace apq::collect
