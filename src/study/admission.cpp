#include "study/admission.hpp"

#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"
#include "study/label_identity.hpp"
#include "study/stage_state.hpp"

namespace apq::study {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse(fs::path const& file, std::string const& name, std::string const& then, std::string const& now) {
  throw Error(Errc::data,
              fmt::format("{}: the study was begun with {} = {}, not {}; choose another study.dir", file.string(), name, then, now));
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

void admit_settings(StudyRun const& run) {
  auto const file = run.experiment.layout.config();
  if (!fs::exists(file)) return;
  auto const before = settings_of(read_file(file), file.string());
  auto const found = before.find("study.seed");
  auto const now = std::to_string(run.experiment.seed);
  if (found != before.end() && found->second != now) refuse(file, "study.seed", found->second, now);
}

// What the labels of a stage were made with; absent: there are none. Their stamp knows without a shard being opened.
std::optional<std::map<std::string, std::string>> identity_of_labels(StudyRun& run, std::string const& stage) {
  if (auto const stamped = run.stamped_rows(stage)) {
    constexpr std::string_view prefix = "label.";
    std::map<std::string, std::string> identity;
    for (auto const& [name, value] : *stamped)
      if (name.starts_with(prefix)) identity[name.substr(prefix.size())] = value;
    return identity;
  }
  auto const header = header_of_rows(run, stage);
  if (!header) return std::nullopt;
  auto identity = header->identity;
  identity["space"] = header->space_hash;
  return identity;
}

void admit_labels(StudyRun& run, std::string const& stage, image::Splits const* splits) {
  auto const& e = run.experiment;
  auto const identity = identity_of_labels(run, stage);
  if (!identity) return;
  if (auto const space = identity->find("space"); space != identity->end() && space->second != e.space.hash)
    refuse(e.layout.shards(stage), "space", space->second, e.space.name + " " + e.space.hash);
  if (splits == nullptr) return;
  std::error_code ec;
  if (!fs::exists(e.supernet_file(), ec)) return;  // a supernet that is yet to be trained shows what it is when labels are added
  auto const wanted = label_identity(e, stage, *splits);
  for (auto const& [name, value] : *identity)
    if (auto const now = wanted.find(name); now != wanted.end() && now->second != value)
      refuse(e.layout.shards(stage), name, value, now->second);
}

// A supernet that would be trained anew would be another one than the labels'.
void admit_supernet(StudyRun& run) {
  auto const& layout = run.experiment.layout;
  auto const is_trained = std::any_of(run.stages.begin(), run.stages.end(), [](Stage const& s) { return s.name == "supernet"; });
  bool const has_labels = !h5::shards_in(layout.shards("fp")).empty() || !h5::shards_in(layout.shards("quant")).empty();
  if (!is_trained || !has_labels || !fs::exists(layout.stamp("supernet"))) return;
  auto const& stage = stage_named(run.stages, "supernet");
  auto const differing = differences(read_stamp(layout.stamp("supernet")).inputs, run.inputs_of(stage));
  if (!differing.empty())
    throw Error(Errc::data, fmt::format("{}: the study's labels were made with another supernet: {}; choose another study.dir",
                                        layout.root.string(), differing.front()));
}

}  // namespace

void admit(StudyRun& run, bool looks_at_labels) {
  auto const* const splits = looks_at_labels ? &run.listed_splits() : nullptr;
  mpi::collectively(run.comm, [&] {
    if (!run.comm.is_root()) return;
    admit_settings(run);
    if (looks_at_labels) admit_supernet(run);
    for (char const* stage : {"fp", "quant"}) admit_labels(run, stage, splits);
  });
}

}  // namespace apq::study
