#include "app/experiment.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "collect/sampler.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::app {
namespace fs = std::filesystem;

std::shared_ptr<ExperimentOptions> add_experiment_options(CLI::App& app) {
  auto options = std::make_shared<ExperimentOptions>();
  app.add_option("--config", options->config, "Experiment file (YAML)");
  app.add_option("--study", options->study, "Study directory; without --config its own config.yaml is read");
  app.add_option("--set", options->assignments, "Override a key, e.g. --set collect.fp.samples=1000 (repeatable)")->allow_extra_args(false);
  app.add_flag("--print-config", options->print_config, "Print the configuration with all defaults, then stop");
  app.add_flag("--check", options->check, "Check the configuration and its inputs, then stop");
  return options;
}

namespace {

Experiment read_experiment(ExperimentOptions const& options) {
  auto file = options.config;
  if (file.empty() && !options.study.empty()) file = StudyLayout{options.study}.config();
  if (file.empty()) throw Error(Errc::config, "no experiment given; use --config FILE, e.g. --config configs/quickstart.yaml");
  auto config = Config::load(file);
  for (auto const& assignment : options.assignments) config.set(assignment);
  if (!options.study.empty()) config.set("study.dir=" + options.study.string());

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
  e.evaluator = collect::read_evaluator_config(config.section("evaluator"));
  e.collect = collect::read_collect_config(config.section("collect"));
  e.train = train::read_train_config(config.section("train"));
  e.cost = cost::read_cost_config(config.section("cost"));
  e.search = search::read_search_config(config.section("search"));
  e.energy = energy::read_energy_config(config.section("energy"));
  config.finish();
  if (!e.supernet_weights.empty() && !fs::exists(e.supernet_weights))
    supernet.fail("weights", "no such file; leave it empty to use the study's own supernet, made by `apq supernet`");
  e.resolved = config.resolved();
  for (char const* name : {"train", "search", "cost"}) e.sections[name] = config.section(name).resolved();
  return e;
}

}  // namespace

Experiment load_experiment(mpi::Communicator const& comm, ExperimentOptions const& options) {
  Experiment experiment;
  mpi::collectively(comm, [&] { experiment = read_experiment(options); });
  experiment.evaluator.node_rank = comm.node().rank();
  return experiment;
}

bool answered(mpi::Communicator const& comm, Experiment const& experiment, ExperimentOptions const& options) {
  if (!options.print_config && !options.check) return false;
  if (options.check) load_splits(comm, experiment, {});
  if (comm.is_root()) {
    if (options.print_config) fmt::print("{}", experiment.resolved);
    else fmt::print("{}: the configuration and its inputs are sound\n", experiment.name);
  }
  return true;
}

void open_study(mpi::Communicator const& comm, Experiment const& experiment) {
  mpi::collectively(comm, [&] {
    if (!comm.is_root()) return;
    make_directory(experiment.layout.root);
    auto const file = experiment.layout.config();
    if (fs::exists(file)) {
      auto before = Config::load(file);
      auto const seed = before.section("study").get_or<std::uint64_t>("seed", 1);
      if (seed != experiment.seed)
        throw Error(Errc::data, fmt::format("{}: the study was begun with study.seed = {}, not {}; choose another study.dir",
                                            file.string(), seed, experiment.seed));
    }
    replace_file(file, experiment.resolved);
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
  std::set<int> sizes;
  for (std::uint64_t i = 0; i < num_samples && sizes.size() < e.space.image_sizes.size(); ++i)
    sizes.insert(space::image_size_of(e.space, collect::sample(e.space, e.seed, stage, i, e.collect.policies_per_architecture)));
  return smaller_sizes(e.space, std::move(sizes));
}

image::Splits load_splits(mpi::Communicator const& comm, Experiment const& experiment, image::Wanted const& wanted) {
  return image::load_splits(comm, experiment.data, image_shape(experiment.space), wanted);
}

}  // namespace apq::app
