#include "study/stage_state.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/log.hpp"

namespace apq::study {
namespace {

bool is_digest(std::string const& value) {
  return value.size() == 64 && std::all_of(value.begin(), value.end(), [](unsigned char c) { return std::isxdigit(c); });
}

}  // namespace

std::optional<Stamp> sound_stamp(StudyLayout const& layout, std::string const& stage, FileView& view) {
  auto const file = layout.stamp(stage);
  if (!view.state(file)) return std::nullopt;
  try {
    return read_stamp(file);
  } catch (Error const& e) {
    if (e.code() != Errc::data) throw;
    log::root().warn("{}", e.what());
    return std::nullopt;
  }
}

std::vector<std::string> differences(Settings const& then, Settings const& now) {
  std::vector<std::string> sentences;
  for (auto const& [name, value] : then) {
    auto const found = now.find(name);
    if (found == now.end()) sentences.push_back(fmt::format("{} is gone", name));
    else if (found->second != value)
      sentences.push_back(is_digest(value) && is_digest(found->second)
                              ? fmt::format("{} changed", name)
                              : fmt::format("{} changed ({}, now {})", name, value, found->second));
  }
  for (auto const& [name, value] : now)
    if (!then.contains(name)) sentences.push_back(fmt::format("{} is new", name));
  return sentences;
}

std::vector<std::filesystem::path> files_written(Stage const& stage, StudyLayout const& layout, Settings const& settings, FileView& view) {
  std::vector<std::filesystem::path> files;
  for (auto const artefact : stage.writes)
    for (auto& file : files_of(artefact, layout, settings, view)) files.push_back(std::move(file));
  return files;
}

std::vector<std::string> lost_outputs(Stamp const& stamp, std::filesystem::path const& study,
                                      std::vector<std::filesystem::path> const& there, FileDigests& digests, bool trusts_state) {
  std::vector<std::string> sentences;
  for (auto const& file : there) {
    auto const path = file.lexically_relative(study).string();
    bool const is_known =
        std::any_of(stamp.outputs.begin(), stamp.outputs.end(), [&](StampedFile const& output) { return output.path == path; });
    if (!is_known) sentences.push_back(fmt::format("{} is new", path));
  }
  for (auto const& output : stamp.outputs) {
    auto const file = study / output.path;
    auto const state = digests.files().state(file);
    if (!state) {
      sentences.push_back(fmt::format("{} is missing", output.path));
      continue;
    }
    auto const digest = trusts_state && *state == output.digest.state ? output.digest : digests.of(file);
    if (!digest || digest->digest != output.digest.digest) sentences.push_back(fmt::format("{} is not what the stage wrote", output.path));
  }
  return sentences;
}

}  // namespace apq::study
