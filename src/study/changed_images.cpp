#include "study/changed_images.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"
#include "common/core/printable.hpp"
#include "common/image/changed_files.hpp"
#include "common/image/load.hpp"
#include "study/stage_state.hpp"

namespace apq::study {
namespace fs = std::filesystem;
namespace {

std::string some_of(std::vector<std::string> const& paths) {
  constexpr std::size_t most = 3;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(paths.size(), most); ++i) names.push_back(printable(paths[i]));
  return fmt::format("{}{}", fmt::join(names, ", "), paths.size() > most ? fmt::format(" and {} more", paths.size() - most) : "");
}

// Those that decide which images there are, not what becomes of their pixels later.
Settings choosing_images(Settings const& settings) {
  auto chosen = selected(settings, {"data"});
  for (auto const& other : selected(settings, {"data.mean", "data.deviation", "data.max_damaged"})) chosen.erase(other.first);
  return chosen;
}

std::string changed_files(Experiment const& e, std::vector<fs::path> const& labels) {
  std::optional<fs::file_time_type> first;
  for (auto const& shard : labels) {
    std::error_code ec;
    auto const time = fs::last_write_time(shard, ec);
    if (!ec && (!first || time < *first)) first = time;
  }
  if (!first) return {};
  auto const changed = image::changed_since(image::list_source(e.data.training, true, e.data, image_shape(e.space)), *first);
  std::vector<std::string> parts;
  if (!changed.files.empty()) parts.push_back(some_of(changed.files));
  if (!changed.folders.empty()) parts.push_back("names in " + some_of(changed.folders));
  return parts.empty() ? "" : fmt::format("since the first labels changed: {}", fmt::join(parts, "; "));
}

}  // namespace

std::string why_images_differ(Experiment const& e, Settings const& before, Settings const& now, std::vector<fs::path> const& labels) {
  auto reasons = before.empty() ? std::vector<std::string>() : differences(choosing_images(before), choosing_images(now));
  try {
    if (auto files = changed_files(e, labels); !files.empty()) reasons.push_back(std::move(files));
  } catch (Error const&) {  // whoever lists the source next says what is wrong with it
  }
  return fmt::format("{}", fmt::join(reasons, "; "));
}

}  // namespace apq::study
