#include "study/provenance.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <sys/utsname.h>

#include "collect/quarantine.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/directory_name.hpp"
#include "common/core/error.hpp"
#include "common/core/processor_model.hpp"
#include "common/job/job_record.hpp"
#include "study/file_digest.hpp"
#include "study/stage.hpp"
#include "study/stage_state.hpp"

namespace apq::study {
namespace fs = std::filesystem;
namespace {

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> found;
  if (auto const model = processor_model(); !model.empty()) found["processor"] = model;
  std::ifstream release("/etc/os-release");
  for (std::string line; std::getline(release, line);)
    if (line.starts_with("PRETTY_NAME=")) found["system"] = line.substr(13, line.size() - 14);
  utsname name{};
  if (uname(&name) == 0) found["kernel"] = fmt::format("{} {} {}", name.sysname, name.release, name.machine);
  return found;
}

StageProvenance of_stamp(Stamp const& stamp) {
  StageProvenance stage{stamp.stage, stamp.finished, stamp.code_version, stamp.inputs, {}, {}, stamp.contents};
  for (auto const& [path, digest] : stamp.input_files) stage.input_files[path] = digest.digest;
  for (auto const& output : stamp.outputs) stage.outputs[output.path] = output.digest.digest;
  return stage;
}

StageProvenance const* stage_named(Provenance const& provenance, std::string const& name) {
  auto const found = std::find_if(provenance.stages.begin(), provenance.stages.end(), [&](auto const& s) { return s.stage == name; });
  return found == provenance.stages.end() ? nullptr : &*found;
}

// Shards' names and seconds differ between runs that made the same rows, which are compared by their hash; search.h5 holds, with times of
// HDF5's own, what search.json holds.
bool may_differ(std::string const& output) {
  return output.starts_with("shards/") || output.starts_with("dataset_") || output == "search.h5";
}

}  // namespace

Provenance provenance_of(StudyLayout const& layout) {
  if (!fs::exists(layout.config())) throw Error(Errc::io, fmt::format("{}: holds no study (no config.yaml)", layout.root.string()));
  Provenance p;
  p.build = build_info();
  p.environment = environment();
  p.study = directory_name(layout.root).string();
  p.config = read_file(layout.config());
  FileView view;
  for (auto const& stage : stages_of(settings_of(p.config, layout.config().string())))
    if (auto const stamp = sound_stamp(layout, stage.name, view)) p.stages.push_back(of_stamp(*stamp));
  for (auto const& r : job::read_jobs(layout.jobs()).records)
    p.jobs.push_back({r.token, r.process.host, r.scheduler_id, r.started, std::string(job::job_state_names(r.state)), r.ranks});
  for (std::string const rows : {"fp", "quant"})
    for (auto const& s : collect::read_quarantine(layout.quarantine(rows)))
      p.failures.push_back({s.stage, s.error, s.host, s.id, s.attempts});
  return p;
}

std::vector<std::string> changed_inputs(Provenance const& then) {
  std::vector<std::string> changed;
  std::map<std::string, std::string> files;
  for (auto const& stage : then.stages) files.insert(stage.input_files.begin(), stage.input_files.end());
  FileDigests digests;
  for (auto const& [path, digest] : files) {
    if (fs::weakly_canonical(path).string().starts_with(then.study + "/")) continue;  // the study makes it itself
    auto const now = digests.of(path);
    if (!now) changed.push_back(fmt::format("{} is missing", path));
    else if (now->digest != digest) changed.push_back(fmt::format("{} is another file than then", path));
  }
  return changed;
}

std::vector<std::string> differences(Provenance const& then, Provenance const& now) {
  std::vector<std::string> found;
  for (auto const& before : then.stages) {
    if (before.stage == "report") continue;  // shows dates and what the study cost
    auto const* const after = stage_named(now, before.stage);
    if (after == nullptr) {
      found.push_back(fmt::format("{}: was not done again", before.stage));
      continue;
    }
    auto const say = [&](std::string const& what) { found.push_back(fmt::format("{}: {}", before.stage, what)); };
    if (before.code_version != after->code_version) say(fmt::format("code_version ({}, now {})", before.code_version, after->code_version));
    for (auto const& sentence : differences(before.inputs, after->inputs)) say(sentence);
    if (before.contents != after->contents) say("other rows");
    for (auto const& [output, digest] : before.outputs) {
      if (may_differ(output)) continue;
      auto const other = after->outputs.find(output);
      if (other == after->outputs.end()) say(fmt::format("{} was not made", output));
      else if (other->second != digest) say(fmt::format("{} is another one", output));
    }
  }
  return found;
}

}  // namespace apq::study
