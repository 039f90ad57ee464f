#include "study/status.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/energy/ledger.hpp"
#include "common/space/search_space.hpp"
#include "study/records/stamp.hpp"
#include "study/stage.hpp"
#include "study/stage_state.hpp"

namespace apq::study {
namespace fs = std::filesystem;
namespace {

// The stamps of a study; one that cannot be read counts as none, and why.
struct Stamps {
  std::map<std::string, Stamp> there;
  std::map<std::string, std::string> damaged;
};

Stamps stamps_of(StudyLayout const& layout, std::vector<Stage> const& stages, FileView& view) {
  Stamps stamps;
  for (auto const& stage : stages) {
    if (!view.state(layout.stamp(stage.name))) continue;
    try {
      stamps.there[stage.name] = read_stamp(layout.stamp(stage.name));
    } catch (Error const& e) {
      stamps.damaged[stage.name] = e.what();
    }
  }
  return stamps;
}

// A file's digest, read only where the file is not as the stamp saw it.
std::string content_of(fs::path const& path, Stamp const& stamp, FileDigests& digests) {
  auto const state = digests.files().state(path);
  auto const seen = stamp.input_files.find(fs::absolute(path).string());
  if (state && seen != stamp.input_files.end() && *state == seen->second.state) return seen->second.digest;
  auto const digest = digests.of(path);
  return digest ? digest->digest : "absent";
}

// What can be known now of what a stage read: its settings, the space, files by their state (read where it changed). The rest is as the
// stamp says: rows show in the collection's outputs; images and the engine are for `apq run` to see.
Settings inputs_now(Stage const& stage, Stamp const& stamp, StudyLayout const& layout, Settings const& settings, std::string const& space,
                    FileDigests& digests) {
  auto now = selected(settings, stage.settings);
  for (auto const artefact : stage.reads) {
    auto const then = stamp.inputs.find(name_of(artefact));
    auto value = then == stamp.inputs.end() ? std::string() : then->second;
    auto const path = path_of(artefact, layout, settings);
    if (artefact == Artefact::space) {
      value = space;
    } else if (artefact == Artefact::cost_table || artefact == Artefact::hardware || artefact == Artefact::weights ||
               digests.files().state(path)) {
      value = path.empty() ? "none" : content_of(path, stamp, digests);
    }
    now[name_of(artefact)] = value;
  }
  now["format"] = format_of(stage);
  if (auto const stale = stamp.inputs.find("stale"); stale != stamp.inputs.end()) now["stale"] = stale->second;  // told stage by stage
  return now;
}

std::uint64_t number_in(Settings const& settings, std::string const& key) {
  auto const found = settings.find(key);
  std::uint64_t number = 0;
  if (found != settings.end()) std::from_chars(found->second.data(), found->second.data() + found->second.size(), number);
  return number;
}

// A collection that has finished left the number of its rows.
void add_rows(StageStatus& status, Settings const& settings, Stamp const* stamp) {
  if (!status.collects()) return;
  status.wanted = number_in(settings, "collect." + status.collected() + ".samples");
  if (stamp != nullptr && status.condition == StageCondition::done && stamp->contents.contains("num_rows"))
    status.rows = number_in(stamp->contents, "num_rows");
}

// The configuration of a study. @throws Error(data) for a file that is none.
Settings study_settings(StudyLayout const& layout) {
  auto settings = settings_of(read_file(layout.config()), layout.config().string());
  if (!settings.contains("space"))
    throw Error(Errc::data, fmt::format("{}: is not a study's configuration (it names no space); `apq run --config FILE` writes it anew",
                                        layout.config().string()));
  return settings;
}

bool reads_any(Stage const& stage, std::vector<Artefact> const& artefacts) {
  return std::any_of(artefacts.begin(), artefacts.end(),
                     [&](Artefact a) { return std::find(stage.reads.begin(), stage.reads.end(), a) != stage.reads.end(); });
}

void add_cost(StageStatus& status, std::vector<energy::StageCost> const& ledger) {
  for (auto const& cost : ledger) {
    if (cost.stage != status.stage) continue;
    status.core_h = cost.core_h;
    if (std::isfinite(cost.kwh)) status.kwh = cost.kwh;
  }
}

// Names, conditions and reasons; no shard is read.
std::vector<StageStatus> conditions_of(StudyLayout const& layout, Settings const& settings, std::vector<Stage> const& stages,
                                       Stamps const& stamps, FileDigests& digests) {
  auto const space_file = path_of(Artefact::space, layout, settings);
  std::string const space = fs::exists(space_file) ? space::load_space(space_file).hash : "absent";
  std::vector<StageStatus> result;
  for (auto const& stage : stages) {
    StageStatus status;
    status.stage = stage.name;
    auto const written = files_written(stage, layout, settings, digests.files());
    if (auto const damaged = stamps.damaged.find(stage.name); damaged != stamps.damaged.end()) {
      status.condition = StageCondition::stale;
      status.why = {damaged->second};
    } else if (auto const stamp = stamps.there.find(stage.name); stamp != stamps.there.end()) {
      status.finished = stamp->second.finished;
      status.why = differences(stamp->second.inputs, inputs_now(stage, stamp->second, layout, settings, space, digests));
      for (auto& lost : lost_outputs(stamp->second, layout.root, written, digests, true)) status.why.push_back(std::move(lost));
      for (std::size_t i = 0; i < result.size(); ++i)
        if (result[i].condition != StageCondition::done && reads_any(stage, stages[i].writes))
          status.why.push_back(fmt::format("{} is {}", result[i].stage, stage_condition_names(result[i].condition)));
      status.condition = status.why.empty() ? StageCondition::done : StageCondition::stale;
    } else if (stage.name.starts_with("collect.") && !written.empty()) {
      status.condition = StageCondition::part;
    }
    result.push_back(std::move(status));
  }
  return result;
}

}  // namespace

std::vector<StageStatus> status_of(StudyLayout const& layout) {
  if (!fs::exists(layout.config()))
    throw Error(Errc::io, fmt::format("{}: holds no study (no config.yaml); `apq run --config FILE` makes one", layout.root.string()));
  auto const settings = study_settings(layout);
  auto const stages = stages_of(settings);
  FileDigests digests;
  auto const stamps = stamps_of(layout, stages, digests.files());
  std::vector<energy::StageCost> ledger;
  try {
    ledger = energy::read_summary(layout);
  } catch (Error const& e) {
    log::root().warn("{}", e.what());  // the stages stand where they stand
  }
  auto result = conditions_of(layout, settings, stages, stamps, digests);
  for (auto& status : result) {
    auto const stamp = stamps.there.find(status.stage);
    add_rows(status, settings, stamp == stamps.there.end() ? nullptr : &stamp->second);
    add_cost(status, ledger);
  }
  return result;
}

std::vector<std::string> stale_inputs(StudyLayout const& layout, Stage const& stage, FileDigests& digests) {
  if (!fs::exists(layout.config())) return {};
  auto const settings = study_settings(layout);
  auto const stages = stages_of(settings);
  std::vector<std::string> sentences;
  auto const conditions = conditions_of(layout, settings, stages, stamps_of(layout, stages, digests.files()), digests);
  for (std::size_t i = 0; i < stages.size() && stages[i].name != stage.name; ++i)
    if (conditions[i].condition == StageCondition::stale && reads_any(stage, stages[i].writes))
      sentences.push_back(fmt::format("{} is stale: {}", stages[i].name, fmt::join(conditions[i].why, "; ")));
  return sentences;
}

}  // namespace apq::study
