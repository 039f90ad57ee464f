#include "study/check.hpp"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <unistd.h>

#include "collect/sampler.hpp"
#include "common/core/error.hpp"
#include "common/core/memory_limit.hpp"
#include "common/cost/cost_model.hpp"
#include "common/energy/source.hpp"
#include "common/mpi/collectives.hpp"
#include "search/scenario.hpp"
#include "study/engine_agreement.hpp"
#include "study/memory_need.hpp"
#include "train/row_split.hpp"
#include "train/supernet_trainer.hpp"

namespace apq::study {
namespace {

void check_energy(energy::EnergyConfig const& config) {
  for (auto const& kind : energy::source_kinds())
    if (auto const why = kind.name == config.source ? kind.why_not(config, {}) : std::string();
        !why.empty() && kind.part == energy::Part::processors)
      throw Error(Errc::config,
                  fmt::format("energy.source = {}: is not available here ({}); mend that, or set energy.source=declared", kind.name, why));
}

// Where the study's directory is, or will be made, it must be possible to write.
void check_place(std::filesystem::path const& root) {
  namespace fs = std::filesystem;
  auto place = fs::absolute(root).lexically_normal();
  std::error_code ec;
  while (!fs::exists(fs::symlink_status(place, ec)) && place.has_relative_path()) place = place.parent_path();
  if (!fs::is_directory(place, ec))
    throw Error(Errc::io, fmt::format("study.dir = {}: {} is no directory; choose another study.dir", root.string(), place.string()));
  if (::access(place.c_str(), W_OK | X_OK) != 0)
    throw Error(Errc::io, fmt::format("study.dir = {}: {} cannot be written ({}); choose another study.dir", root.string(), place.string(),
                                      std::strerror(errno)));
}

// True where a run that ends after `until` (empty: after all) runs this stage.
bool reaches(std::vector<Stage> const& stages, std::string const& until, std::string const& name) {
  for (auto const& stage : stages) {
    if (stage.name == name) return true;
    if (stage.name == until) return false;
  }
  return false;
}

// Which rows train and which are held out follows from their numbers alone.
void check_rows(Experiment const& e, std::string const& stage, std::uint64_t num_samples) {
  collect::Samples const samples(e.space, e.seed, stage, e.collect.policies_per_architecture, num_samples);
  std::vector<h5::Row> rows;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    h5::Row row;
    row.id = i;
    row.genes = samples.genes(i);
    row.correct = row.correct5 = row.total = 1;
    rows.push_back(std::move(row));
  }
  train::split_rows(rows, stage, e.seed, e.train.held_out_fraction);
}

// The kernel kills without a word what outgrows the limit of its job.
void check_memory(mpi::Communicator const& comm, Experiment const& e, image::Splits const& splits) {
  auto const shape = image_shape(e.space);
  double bytes_of_image = static_cast<double>(shape.channels) * shape.size * shape.size;
  for (int const size : shape.smaller) bytes_of_image += static_cast<double>(shape.channels) * size * size;
  auto const images = splits.calibration.size() + splits.validation.size() + (e.supernet_weights.empty() ? splits.train.size() : 0);
  auto const trouble = memory_trouble({static_cast<double>(images) * bytes_of_image, comm.node().size()}, memory_left_in_cgroup());
  mpi::collectively(comm, [&] {
    if (!trouble.empty()) throw Error(Errc::config, trouble);
  });
}

}  // namespace

void check_inputs(StudyRun& run, std::string const& until) {
  auto const& e = run.experiment;
  auto const& splits = run.listed_splits();
  require_one_engine(run.comm, e.evaluator);
  check_memory(run.comm, e, splits);
  mpi::collectively(run.comm, [&] {
    check_energy(e.energy);
    if (!run.comm.is_root()) return;
    check_place(e.layout.root);
    if (e.supernet_weights.empty()) train::check_batch(e.supernet, splits.train.size());
    cost::CostModel const cost_model(e.space, e.cost);
    search::resolve_scenarios(e.space, cost_model, e.search.scenarios, e.seed);
    if (reaches(run.stages, until, "train")) {
      check_rows(e, "fp", e.collect.fp_samples);
      check_rows(e, "quant", e.collect.quant_samples);
    }
    if (!e.supernet_weights.empty()) run.weights_hash();
  });
}

}  // namespace apq::study
