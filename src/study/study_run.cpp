#include "study/study_run.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "collect/dataset_broadcast.hpp"
#include "common/core/error.hpp"
#include "common/engine/kernels.hpp"
#include "common/h5/joined.hpp"
#include "common/mpi/collectives.hpp"
#include "evaluate/supernet_evaluator.hpp"
#include "study/label_identity.hpp"
#include "study/status.hpp"

namespace apq::study {
namespace {

// What makes a missing file.
char const* maker_of(Artefact artefact) {
  switch (artefact) {
    case Artefact::weights:
      return "train the supernet with `apq supernet`, or name one under supernet.weights";
    case Artefact::quant_predictor:
      return "run `apq train` first";
    case Artefact::search:
      return "run `apq search` first";
    default:
      return "name a file that is there";
  }
}

// Other jobs write shards meanwhile. A file that is as it was hashed is not opened.
bool is_as_read(h5::Dataset const& dataset, std::vector<std::filesystem::path> const& there, FileDigests& digests) {
  return std::equal(there.begin(), there.end(), dataset.files.begin(), dataset.files.end(),
                    [&](auto const& path, h5::ShardFile const& read) {
                      auto const digest = path == read.path ? digests.of(path) : std::nullopt;
                      return digest && digest->digest == read.sha256;
                    });
}

}  // namespace

StudyRun::StudyRun(mpi::Communicator const& the_comm, Experiment const& the_experiment)
    : comm(the_comm),
      experiment(the_experiment),
      settings(settings_of(the_experiment.resolved, "configuration")),
      stages(stages_of(settings)) {}

image::Splits const& StudyRun::listed_splits() {
  if (!listed_) listed_ = load_splits(comm, experiment, {});
  return *listed_;
}

h5::Dataset const& StudyRun::root_rows(std::string const& stage) {
  if (auto const found = root_rows_.find(stage); found != root_rows_.end() && is_as_read(found->second, shards_seen(stage), digests))
    return found->second;
  look_again();
  // First what was joined, then the shards: jobs at work only add to them.
  auto const joined = experiment.layout.joined(stage);
  auto const manifest = h5::sound_manifest(joined);
  std::map<std::filesystem::path, FileState> before;
  for (auto const& shard : shards_seen(stage))
    if (auto const state = digests.files().state(shard)) before[shard] = *state;
  auto dataset = h5::read_dataset(experiment.layout.shards(stage));
  if (manifest) h5::check_joined(joined, *manifest, dataset);
  h5::keep_asked_for(dataset, num_samples(experiment, stage));
  for (auto const& file : dataset.files)
    if (auto const state = before.find(file.path); state != before.end()) digests.note_hashed(file.path, file.sha256, state->second);
  return root_rows_[stage] = std::move(dataset);
}

std::string const& StudyRun::weights_hash() {
  auto const file = experiment.supernet_file();
  auto const state = digests.files().state(file);
  if (!weights_ || !state || weights_->first != *state) {
    auto hash = evaluate::supernet_hash(experiment.space, file);
    weights_ = {state.value_or(FileState{}), std::move(hash)};
  }
  return weights_->second;
}

void StudyRun::join() {
  if (!job_) job_.emplace(comm, experiment.layout, experiment.jobs);
}

h5::Dataset const& StudyRun::rows(std::string const& stage) {
  mpi::collectively(comm, [&] {
    if (comm.is_root()) root_rows(stage);
  });
  if (comm.is_root()) {
    collect::broadcast_dataset(comm, root_rows_.at(stage));
    return root_rows_.at(stage);
  }
  return rows_[stage] = collect::broadcast_dataset(comm, {});
}

void StudyRun::forget_rows(std::string const& stage) {
  root_rows_.erase(stage);
  rows_.erase(stage);
}

void StudyRun::look_again() {
  digests.files().look_again();
  stamped_rows_.clear();
}

std::vector<std::filesystem::path> StudyRun::shards_seen(std::string const& stage) {
  return files_of(stage == "fp" ? Artefact::fp_rows : Artefact::quant_rows, experiment.layout, settings, digests.files());
}

std::optional<Stamp> const& StudyRun::stamped_rows(std::string const& stage) {
  auto const found = stamped_rows_.find(stage);
  return found != stamped_rows_.end() ? found->second : stamped_rows_[stage] = stamp_of_rows(stage);
}

std::optional<Stamp> StudyRun::stamp_of_rows(std::string const& stage) {
  auto const& layout = experiment.layout;
  auto const file = layout.stamp("collect." + stage);
  if (!digests.files().state(file)) return std::nullopt;
  Stamp stamp;
  try {
    stamp = read_stamp(file);
  } catch (Error const&) {
    return std::nullopt;  // whoever runs the stage names it
  }
  auto unseen = shards_seen(stage);
  for (auto const& output : stamp.outputs) {
    auto const written = layout.root / output.path;
    if (!is_untouched(digests.files().state(written), output.digest)) return std::nullopt;
    std::erase(unseen, written);
  }
  if (!unseen.empty()) return std::nullopt;
  return stamp;
}

std::string StudyRun::content_of_rows(std::string const& stage) {
  if (auto const stamped = root_rows_.contains(stage) ? std::nullopt : stamped_rows(stage)) {
    // Its hash is of the rows that were asked for then.
    auto const asked = selected(settings, {"collect." + stage + ".samples"});
    auto const rows = stamped->contents.find("rows");
    if (rows != stamped->contents.end() && std::includes(stamped->inputs.begin(), stamped->inputs.end(), asked.begin(), asked.end()))
      return rows->second;
  }
  return h5::content_hash(root_rows(stage).rows);
}

std::string StudyRun::value_of(Artefact artefact, bool may_be_missing) {
  auto const& e = experiment;
  switch (artefact) {
    case Artefact::space:
      return e.space.hash;
    case Artefact::engine:
      return std::string(engine::engine_kind_names(engine::resolved(e.evaluator.engine)));
    case Artefact::kernels:
      return engine::kernels_name();
    case Artefact::training_images:
      return described(listed_->train);
    case Artefact::calibration_images:
      return described(listed_->calibration);
    case Artefact::validation_images:
      return described(listed_->validation);
    case Artefact::test_images:
      return described(listed_->test);
    case Artefact::fp_rows:
      return content_of_rows("fp");
    case Artefact::quant_rows:
      return content_of_rows("quant");
    default:
      break;
  }
  auto const path = path_of(artefact, e.layout, settings);
  if (path.empty()) return "none";
  if (auto const digest = digests.of(path)) return digest->digest;
  if (may_be_missing) return "absent";
  throw Error(Errc::data, fmt::format("{}: is missing; {}", path.string(), maker_of(artefact)));
}

Settings StudyRun::inputs_of(Stage const& stage) {
  auto inputs = selected(settings, stage.settings);
  for (auto const artefact : stage.reads) inputs[name_of(artefact)] = value_of(artefact, stage.takes_what_is_there);
  inputs["format"] = format_of(stage);
  if (stage.takes_what_is_there) inputs["stale"] = fmt::format("{}", fmt::join(stale_inputs(experiment.layout, stage, digests), "; "));
  return inputs;
}

bool reads_images(Stage const& stage) {
  constexpr std::array images{Artefact::training_images, Artefact::calibration_images, Artefact::validation_images, Artefact::test_images};
  return std::any_of(images.begin(), images.end(),
                     [&](Artefact a) { return std::find(stage.reads.begin(), stage.reads.end(), a) != stage.reads.end(); });
}

}  // namespace apq::study
