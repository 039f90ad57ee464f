#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "collect/collect_config.hpp"
#include "common/core/study_layout.hpp"
#include "common/core/time_left.hpp"
#include "common/cost/cost_model.hpp"
#include "common/energy/meter.hpp"
#include "common/image/load.hpp"
#include "common/job/job_config.hpp"
#include "common/mpi/communicator.hpp"
#include "common/space/search_space.hpp"
#include "common/space/subnet.hpp"
#include "evaluate/evaluator_config.hpp"
#include "search/search_config.hpp"
#include "train/supernet_config.hpp"
#include "train/train_config.hpp"

namespace apq::study {

/// One experiment file, resolved and checked: what every stage reads.
struct Experiment {
  std::string name;
  std::uint64_t seed = 1;
  double stop_margin_seconds = usual_stop_margin;  ///< before the job's end
  double silent_seconds = 180;                     ///< mpi/peer_watch.hpp
  StudyLayout layout;
  std::filesystem::path space_file;
  space::SearchSpace space;
  std::filesystem::path supernet_weights;  ///< trained supernet; empty: the study's own, made by `apq supernet`
  image::DataConfig data;
  train::SupernetConfig supernet;
  evaluate::EvaluatorConfig evaluator;
  collect::CollectConfig collect;
  train::TrainConfig train;
  search::SearchConfig search;
  cost::CostConfig cost;
  energy::EnergyConfig energy;
  job::JobConfig jobs;
  std::string resolved;   ///< YAML with every default filled in
  std::string commented;  ///< the same, every key explained

  std::filesystem::path supernet_file() const { return supernet_weights.empty() ? layout.supernet() : supernet_weights; }
};

/// Samples of "fp" or "quant" that an experiment asks for.
inline std::uint64_t num_samples(Experiment const& experiment, std::string const& stage) {
  return stage == "fp" ? experiment.collect.fp_samples : experiment.collect.quant_samples;
}

/// Where an experiment comes from: what every command working on one is told.
struct ExperimentSource {
  std::filesystem::path config;
  std::filesystem::path study;      ///< an existing study; its config.yaml is used when no --config is given
  std::filesystem::path reproduce;  ///< a provenance record, whose configuration is used in place of `config`
  std::vector<std::string> assignments;
};

/// Every key of an experiment; opens no file that one names, so that the space is yet to be loaded. `name`: the study's where none is
/// given.
/// @throws Error(config) with file:line, also for keys that there are not.
Experiment read_keys(Config& config, std::string const& name);

/// Reads and checks everything before any other collective call; every rank fails alike. Collective over `comm`.
Experiment load_experiment(mpi::Communicator const& comm, ExperimentSource const& options);

/// @throws Error(io) on all ranks where the directory holds no study. Collective over `comm`.
void require_study(mpi::Communicator const& comm, StudyLayout const& layout);

/// What the space asks of images.
image::ImageShape image_shape(space::SearchSpace const& space);
/// Those of `sizes` (subnets' image sizes, 0: the space's one) that are below the space's largest, ascending: image::Wanted::smaller.
std::vector<int> smaller_sizes(space::SearchSpace const& space, std::set<int> sizes);
/// Those of the first samples of a stage, "fp" or "quant".
std::vector<int> sampled_sizes(Experiment const& experiment, std::string const& stage, std::uint64_t num_samples);

/// The experiment's images, split; those wanted are decoded, once per node. Collective over `comm`, also when they are dropped.
image::Splits load_splits(mpi::Communicator const& comm, Experiment const& experiment, image::Wanted const& wanted);

}  // namespace apq::study
