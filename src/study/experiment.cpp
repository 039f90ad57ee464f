#include "study/experiment.hpp"

#include <fmt/format.h>

#include "collect/sampler.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::study {
namespace fs = std::filesystem;

namespace {

Experiment read_experiment(ExperimentSource const& source) {
  auto file = source.config;
  if (file.empty() && !source.study.empty()) file = StudyLayout{source.study}.config();
  if (file.empty()) throw Error(Errc::config, "no experiment given; use --config FILE, e.g. --config configs/quickstart.yaml");
  auto config = Config::load(file);
  for (auto const& assignment : source.assignments) config.set(assignment);
  if (!source.study.empty()) config.set("study.dir=" + source.study.string());

  Experiment e;
  auto study = config.section("study");
  e.name = study.get_or<std::string>("name", file.stem().string());
  e.layout.root = study.get_or<std::string>("dir", "runs/" + e.name);
  e.seed = study.get_or<std::uint64_t>("seed", 1);
  e.space_file = config.path("space");
  e.space = space::load_space(e.space_file);
  e.data = image::read_data_config(config.section("data"));
  auto supernet = config.section("supernet");
  e.supernet_weights = supernet.path_or("weights", "");
  e.supernet = train::read_supernet_config(supernet);
  e.evaluator = evaluate::read_evaluator_config(config.section("evaluator"));
  e.collect = collect::read_collect_config(config.section("collect"));
  e.train = train::read_train_config(config.section("train"));
  e.cost = cost::read_cost_config(config.section("cost"));
  e.search = search::read_search_config(config.section("search"));
  e.energy = energy::read_energy_config(config.section("energy"));
  config.finish();
  if (!e.supernet_weights.empty() && !fs::exists(e.supernet_weights))
    supernet.fail("weights", "no such file; leave it empty to use the study's own supernet, made by `apq supernet`");
  e.resolved = config.resolved();
  return e;
}

}  // namespace

Experiment load_experiment(mpi::Communicator const& comm, ExperimentSource const& source) {
  Experiment experiment;
  mpi::collectively(comm, [&] { experiment = read_experiment(source); });
  experiment.evaluator.node_rank = comm.node().rank();
  return experiment;
}

void open_study(mpi::Communicator const& comm, Experiment const& experiment) {
  mpi::collectively(comm, [&] {
    if (!comm.is_root()) return;
    make_directory(experiment.layout.root);
    auto const file = experiment.layout.config();
    if (!fs::exists(file) || read_file(file) != experiment.resolved) replace_file(file, experiment.resolved);
  });
}

image::ImageShape image_shape(space::SearchSpace const& space) {
  return {space.image_channels, space.image_size, space.num_classes, {space.image_sizes.begin(), space.image_sizes.end() - 1}};
}

std::vector<int> smaller_sizes(space::SearchSpace const& space, std::set<int> sizes) {
  sizes.erase(0);
  sizes.erase(space.image_size);
  return {sizes.begin(), sizes.end()};
}

std::vector<int> sampled_sizes(Experiment const& e, std::string const& stage, std::uint64_t num_samples) {
  if (e.space.image_sizes.size() == 1) return {};
  std::set<int> sizes;
  collect::Samples const samples(e.space, e.seed, stage, e.collect.policies_per_architecture, num_samples);
  for (std::size_t i = 0; i < samples.size() && sizes.size() < e.space.image_sizes.size(); ++i)
    sizes.insert(space::image_size_of(e.space, samples[i]));
  return smaller_sizes(e.space, std::move(sizes));
}

image::Splits load_splits(mpi::Communicator const& comm, Experiment const& experiment, image::Wanted const& wanted) {
  return image::load_splits(comm, experiment.data, image_shape(experiment.space), wanted);
}

}  // namespace apq::study
