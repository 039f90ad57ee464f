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

// The header of the first shard that can be read; absent: there is none.
std::optional<h5::ShardHeader> first_header(fs::path const& directory) {
  for (auto const& file : h5::shards_in(directory)) try {
      return h5::read_shard(file).header;
    } catch (Error const&) {
      continue;  // the collection sets it aside and says so
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

void admit_labels(StudyRun& run, std::string const& stage, image::Splits const* splits) {
  auto const& e = run.experiment;
  auto const directory = e.layout.shards(stage);
  auto const header = first_header(directory);
  if (!header) return;
  if (header->space_hash != e.space.hash)
    refuse(directory, "space", header->space_name + " " + header->space_hash, e.space.name + " " + e.space.hash);
  if (splits == nullptr) return;
  std::error_code ec;
  if (!fs::exists(e.supernet_file(), ec)) return;  // a supernet that is yet to be trained shows what it is when labels are added
  auto const wanted = label_identity(e, stage, *splits);
  for (auto const& [name, value] : header->identity)
    if (auto const now = wanted.find(name); now != wanted.end() && now->second != value) refuse(directory, name, value, now->second);
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
