#include "collect/stored_stage.hpp"

#include <system_error>

#include <fmt/format.h>

#include "common/core/config.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/sha256.hpp"
#include "common/core/study_layout.hpp"

namespace apq::collect {
namespace fs = std::filesystem;
namespace {

bool has_shards(fs::path const& directory) {
  std::error_code ec;
  for (auto const& entry : fs::directory_iterator(directory, ec))
    if (entry.path().extension() == ".h5") return true;
  return false;
}

}  // namespace

bool is_study(fs::path const& directory) { return fs::is_directory(directory / "shards"); }

std::vector<StoredStage> stored_stages(fs::path directory) {
  if (!fs::is_directory(directory)) throw Error(Errc::io, fmt::format("{}: no such directory", directory.string()));
  if (!directory.has_filename()) directory = directory.parent_path();  // a slash at the end
  std::vector<StoredStage> stages;
  if (is_study(directory)) {
    StudyLayout const layout{directory};
    for (char const* name : {"fp", "quant"})
      if (has_shards(layout.shards(name))) stages.push_back({name, layout.shards(name), layout.joined(name)});
  } else if (has_shards(directory)) {
    auto const whole = fs::canonical(directory);
    auto const name = whole.filename().string();
    auto const parent = whole.parent_path();
    bool const in_study = parent.filename() == "shards";
    stages.push_back({name, directory, StudyLayout{in_study ? parent.parent_path() : parent}.joined(name)});
  }
  if (stages.empty())
    throw Error(Errc::data, fmt::format("{}: holds no shards; give a study's directory, or one stage's shards", directory.string()));
  return stages;
}

fs::path space_file_of_stored(fs::path const& directory, fs::path const& given) {
  StudyLayout const layout{directory};
  if (!given.empty()) return given;
  if (!fs::exists(layout.config())) return fs::exists(layout.space()) ? layout.space() : fs::path();
  try {
    auto config = Config::load(layout.config());
    auto const file = config.path("space", {"The study's search space"});
    space::load_space(file);
    return file;
  } catch (Error const& e) {
    log::root().info("the study's search space cannot be read ({}); give it with --space", e.what());
    return {};
  }
}

std::optional<space::SearchSpace> space_of_stored(fs::path const& directory, fs::path const& given) {
  auto const file = space_file_of_stored(directory, given);
  return file.empty() ? std::nullopt : std::optional(space::load_space(file));
}

std::string hash_of_stages(std::vector<std::pair<std::string, std::string>> const& stages) {
  std::string all;
  for (auto const& [name, hash] : stages) all += fmt::format("{} {}\n", name, hash);
  return sha256_of(all);
}

std::string stored_hash(fs::path const& directory) {
  auto const stages = stored_stages(directory);
  if (!is_study(directory)) return h5::content_hash(stages.front().read().rows);
  std::vector<std::pair<std::string, std::string>> hashes;
  for (auto const& stage : stages) hashes.emplace_back(stage.name, h5::content_hash(stage.read().rows));
  return hash_of_stages(hashes);
}

}  // namespace apq::collect
