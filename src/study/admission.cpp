#include "study/admission.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"
#include "study/changed_images.hpp"
#include "study/label_identity.hpp"
#include "study/stage_state.hpp"

namespace apq::study {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse(fs::path const& file, std::string const& name, std::string const& then, std::string const& now,
                         std::string const& why = "") {
  throw Error(Errc::data, fmt::format("{}: the study was begun with {} = {}, not {}{}; choose another study.dir", file.string(), name, then,
                                      now, why.empty() ? "" : " (" + why + ")"));
}

// The header of the rows, or where some shard is damaged that of the first one that can be read; absent: there is none.
std::optional<h5::ShardHeader> header_of_rows(StudyRun& run, std::string const& stage) {
  auto const shards = h5::shards_in(run.experiment.layout.shards(stage));
  if (shards.empty()) return std::nullopt;
  try {
    return run.root_rows(stage).header;
  } catch (Error const& e) {
    if (e.code() != Errc::data) throw;
  }
  for (auto const& file : shards) try {
      return h5::read_shard(file).header;
    } catch (Error const& e) {
      if (e.code() != Errc::data) throw;  // the collection sets it aside and says so
    }
  return std::nullopt;
}

// Settings that the study was begun with, absent: it was not.
std::optional<Settings> settings_before(StudyLayout const& layout) {
  std::error_code ec;
  if (!fs::exists(layout.config(), ec)) return std::nullopt;
  return settings_of(read_file(layout.config()), layout.config().string());
}

void admit_settings(StudyRun const& run) {
  auto const before = settings_before(run.experiment.layout);
  if (!before) return;
  auto const found = before->find("study.seed");
  auto const now = std::to_string(run.experiment.seed);
  if (found != before->end() && found->second != now) refuse(run.experiment.layout.config(), "study.seed", found->second, now);
}

// What labels would be made with now. A supernet that the study is yet to train, or to train again, shows what it is when it is there.
std::map<std::string, std::string> identity_now(StudyRun& run, std::string const& stage, image::Splits const& splits, Looks looks) {
  auto const& e = run.experiment;
  auto identity = label_conditions(e, stage, splits);
  std::error_code ec;
  if ((looks == Looks::at_labels || !e.supernet_weights.empty()) && fs::exists(e.supernet_file(), ec))
    identity["supernet"] = run.weights_hash();
  // Which images are damaged shows when they are decoded; the collection compares what is left of them.
  if (e.data.may_leave_out())
    for (char const* split : {"data.calibration", "data.validation"}) identity.erase(split);
  return identity;
}

std::string why_other_images(StudyRun const& run, std::string const& stage) {
  auto const& e = run.experiment;
  return why_images_differ(e, settings_before(e.layout).value_or(Settings()), run.settings, h5::shards_in(e.layout.shards(stage)));
}

void admit_labels(StudyRun& run, std::string const& stage, image::Splits const* splits, Looks looks) {
  auto const& e = run.experiment;
  auto const identity = identity_of_labels(run, stage);
  if (!identity) return;
  if (auto const space = identity->find("space"); space != identity->end() && space->second != e.space.hash)
    refuse(e.layout.shards(stage), "space", space->second, e.space.name + " " + e.space.hash);
  if (splits == nullptr) return;
  for (auto const& [name, now] : identity_now(run, stage, *splits, looks)) {
    auto const then = identity->find(name);
    auto const value = then == identity->end() ? std::string("nothing") : then->second;
    if (value == now) continue;
    bool const is_of_images = name == "data.calibration" || name == "data.validation";
    refuse(e.layout.shards(stage), name, value, now, is_of_images ? why_other_images(run, stage) : "");
  }
}

// A supernet that would be trained otherwise would be another one than the labels'.
void admit_supernet(StudyRun& run) {
  auto const& layout = run.experiment.layout;
  auto const stage = std::find_if(run.stages.begin(), run.stages.end(), [](Stage const& s) { return s.name == "supernet"; });
  if (stage == run.stages.end() || !has_labels(layout)) return;
  std::vector<std::string> differing;
  if (auto const stamp = sound_stamp(layout, "supernet", run.digests.files()))
    differing = differences(stamp->inputs, run.inputs_of(*stage));
  else if (auto const before = settings_before(layout))  // its stamp is lost
    differing = differences(selected(*before, stage->settings), selected(run.settings, stage->settings));
  if (!differing.empty())
    throw Error(Errc::data, fmt::format("{}: the study's labels were made with another supernet: {}; choose another study.dir",
                                        layout.root.string(), differing.front()));
}

}  // namespace

std::optional<std::map<std::string, std::string>> identity_of_labels(StudyRun& run, std::string const& stage) {
  if (auto const stamped = run.stamped_rows(stage)) {
    constexpr std::string_view prefix = "label.";
    std::map<std::string, std::string> identity;
    for (auto const& [name, value] : stamped->contents)
      if (name.starts_with(prefix)) identity[name.substr(prefix.size())] = value;
    return identity;
  }
  auto const header = header_of_rows(run, stage);
  if (!header) return std::nullopt;
  auto identity = header->identity;
  identity["space"] = header->space_hash;
  return identity;
}

bool has_labels(StudyLayout const& layout) {
  return !h5::shards_in(layout.shards("fp")).empty() || !h5::shards_in(layout.shards("quant")).empty();
}

void admit(StudyRun& run, Looks looks) {
  auto const* const splits = looks == Looks::at_settings ? nullptr : &run.listed_splits();
  mpi::collectively(run.comm, [&] {
    if (!run.comm.is_root()) return;
    energy::read_summary(run.experiment.layout);
    admit_settings(run);
    if (splits != nullptr) admit_supernet(run);
    for (char const* stage : {"fp", "quant"}) admit_labels(run, stage, splits, looks);
  });
}

}  // namespace apq::study
