#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "common/energy/meter.hpp"
#include "common/h5/dataset.hpp"
#include "study/experiment.hpp"
#include "study/file_digest.hpp"
#include "study/records/stamp.hpp"
#include "study/stage.hpp"
#include "study/study_job.hpp"

namespace apq::study {

/// What the stages of one command share. Whatever is dear is made when first asked for, once.
class StudyRun {
 public:
  /// `comm` and `experiment` must outlive it. Local.
  StudyRun(mpi::Communicator const& comm, Experiment const& experiment);

  mpi::Communicator const& comm;
  Experiment const& experiment;
  Settings const settings;          ///< of the experiment
  std::vector<Stage> const stages;  ///< of these settings

  /// The splits with their fingerprints; no pixel is decoded. Collective.
  image::Splits const& listed_splits();

  /// The rows of "fp" or "quant" that the experiment asks for, on every rank; the shards are opened by root, once until `forget_rows`.
  /// Collective.
  /// @throws Error(data) as h5::read_stage.
  h5::Dataset const& rows(std::string const& stage);
  /// The same on root alone. Local.
  h5::Dataset const& root_rows(std::string const& stage);
  /// The collection's stamp, which knows of the rows (Stamp::contents), absent unless every shard is there and untouched. Local to root.
  std::optional<Stamp> const& stamped_rows(std::string const& stage);
  /// The stage was collected anew.
  void forget_rows(std::string const& stage);

  /// evaluate::supernet_hash of the experiment's supernet, read once while the file stays as it is. Local. @throws Error(data | io).
  std::string const& weights_hash();

  /// Makes this job one of those that work on the study, until the object goes; nothing where it is one already. Collective.
  /// @throws Error(io) when the study's directory cannot be written.
  void join();
  /// After join().
  StudyJob& job() { return *job_; }
  bool has_joined() const { return job_.has_value(); }

  /// Everything that a result of `stage` depends on now, by name. Local to root; listed_splits() was called before where the stage
  /// reads images. @throws Error(data) naming what is missing and the command that makes it.
  Settings inputs_of(Stage const& stage);

  /// Of files, on root.
  FileDigests digests;
  /// What was seen of the study's files is no longer believed: this job or another one may have written since. Local.
  void look_again();

 private:
  std::string value_of(Artefact artefact, bool may_be_missing);
  std::vector<std::filesystem::path> shards_seen(std::string const& stage);
  std::optional<Stamp> stamp_of_rows(std::string const& stage);
  std::string content_of_rows(std::string const& stage);
  std::optional<StudyJob> job_;
  std::map<std::string, std::optional<Stamp>> stamped_rows_;  ///< by stage, as the files were seen
  std::optional<std::pair<FileState, std::string>> weights_;
  std::optional<image::Splits> listed_;
  std::map<std::string, h5::Dataset> root_rows_, rows_;
};

/// True for stages whose inputs include images.
bool reads_images(Stage const& stage);

}  // namespace apq::study
