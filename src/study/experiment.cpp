#include "study/experiment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "collect/sampler.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/mpi/collectives.hpp"
#include "evaluate/instruction_agreement.hpp"
#include "study/records/provenance.hpp"
#include "study/settings.hpp"

namespace apq::study {
namespace fs = std::filesystem;

namespace {

// What an experiment is made of, as root found it: the other ranks open nothing.
struct ExperimentFiles {
  std::string experiment, space;
  PathAnswers answers;
};

fs::path experiment_file(ExperimentSource const& source) {
  if (!source.reproduce.empty()) return source.reproduce;
  if (!source.config.empty()) return source.config;
  if (source.study.empty()) throw Error(Errc::config, "no experiment given; use --config FILE, e.g. --config configs/quickstart.yaml");
  return StudyLayout{source.study}.config();
}

Config config_of(ExperimentFiles const& files, ExperimentSource const& source, std::vector<std::string> const& settled = {}) {
  auto config = Config::parse_file(files.experiment, experiment_file(source), files.answers);
  for (auto const& assignment : source.assignments) config.set(assignment);
  for (auto const& assignment : settled) config.set(assignment);
  if (!source.study.empty()) config.set_text("study.dir", source.study.string(), "--study");
  return config;
}

ExperimentFiles read_files(ExperimentSource const& source) {
  auto const file = experiment_file(source);
  ExperimentFiles files{
      .experiment = source.reproduce.empty() ? read_file(file) : read_provenance(file).config, .space = {}, .answers = {}};
  auto config = config_of(files, source);
  auto const e = read_keys(config, file.stem().string());
  files.space = read_file(e.space_file);
  if (!e.supernet_weights.empty() && !fs::exists(e.supernet_weights))
    config.section("supernet").fail("weights", "no such file; leave it empty to use the study's own supernet, made by `apq supernet`");
  files.answers = config.path_answers();
  return files;
}

// Root's on every rank. Collective.
ExperimentFiles broadcast_files(mpi::Communicator const& comm, ExperimentFiles files) {
  files.experiment = mpi::broadcast(comm, std::move(files.experiment));
  files.space = mpi::broadcast(comm, std::move(files.space));
  std::string answers;
  for (auto const& [path, answer] : files.answers) answers += (answer ? '+' : '-') + path + '\0';
  answers = mpi::broadcast(comm, std::move(answers));
  for (std::size_t start = 0; start < answers.size(); start = answers.find('\0', start) + 1)
    files.answers[answers.c_str() + start + 1] = answers[start] == '+';
  return files;
}

Experiment read_experiment(ExperimentFiles const& files, ExperimentSource const& source, std::vector<std::string> const& settled = {}) {
  auto config = config_of(files, source, settled);
  auto e = read_keys(config, experiment_file(source).stem().string());
  e.space = space::parse_space_file(files.space, e.space_file.string());
  e.resolved = config.resolved();
  e.commented = config.commented();
  return e;
}

// Counts of images that nobody asked for are defaults, which look at what there is. Whoever needs the images says what is wrong with them.
image::ImageCounts settled_counts(image::DataConfig const& data) {
  auto const wanted = data.counts();
  if (data.given.train && data.given.calibration && data.given.validation) return wanted;
  try {
    auto const enough = static_cast<std::size_t>(wanted.train) + static_cast<std::size_t>(wanted.calibration + wanted.validation);
    auto const available = image::source_kind(data.training.kind).count(data.training, true, enough);
    return image::fitting_counts(wanted, data.given, data.trains_supernet, available);
  } catch (Error const&) {
    return wanted;
  }
}

// The settings that a study was begun with; absent: it was not begun, or whoever needs the file says what is wrong with it.
std::optional<Settings> settings_begun_with(StudyLayout const& layout) {
  std::error_code ec;
  if (!fs::exists(layout.config(), ec)) return std::nullopt;
  try {
    return settings_of(read_file(layout.config()), layout.config().string());
  } catch (Error const&) {
    return std::nullopt;
  }
}

template <class E, std::size_t N>
E setting_or(Settings const& settings, std::string const& key, EnumNames<E, N> const& names, E fallback) {
  auto const found = settings.find(key);
  return found == settings.end() ? fallback : names.find(found->second).value_or(fallback);
}

engine::InstructionSet instructions_in(Settings const& settings) {
  return setting_or(settings, "evaluator.instructions", engine::instruction_set_names, engine::InstructionSet::automatic);
}

// What its configuration says, or the paper's where it is older than the choice.
net::RangeRules range_rules_in(Settings const& settings) {
  net::RangeRules const paper;
  return {setting_or(settings, "evaluator.quantiser.weights", net::weight_scales_names, paper.weight_scales),
          setting_or(settings, "evaluator.quantiser.weight_ranges", net::weight_rule_names, paper.weights),
          setting_or(settings, "evaluator.quantiser.activation_ranges", net::activation_rule_names, paper.activations)};
}

// What the configuration leaves open, as it is to be written down.
std::vector<std::string> settled_ranges(net::RangeRequest const& request, net::RangeRules const& rules) {
  std::vector<std::string> settled;
  auto const say = [&](bool is_open, char const* key, std::string_view value) {
    if (is_open) settled.push_back(fmt::format("evaluator.quantiser.{}={}", key, value));
  };
  say(!request.weight_scales, "weights", net::weight_scales_names(rules.weight_scales));
  say(!request.weights, "weight_ranges", net::weight_rule_names(rules.weights));
  say(!request.activations, "activation_ranges", net::activation_rule_names(rules.activations));
  return settled;
}

}  // namespace

Experiment read_keys(Config& config, std::string const& name) {
  Experiment e;
  auto study = config.section("study", {"The study as a whole"});
  e.name = study.get_or<std::string>("name", name, {"Name of the study, for reports", "", "the file's name"});
  e.layout.root = study.get_or<std::string>("dir", "runs/" + e.name, {"Directory that all results go to", "", "runs/NAME"});
  e.seed = study.get_or<std::uint64_t>("seed", 1, {"Seed of everything that is drawn but the splits of the images"});
  e.stop_margin_seconds =
      study.get_or<double>("stop_margin_seconds", e.stop_margin_seconds, {0.0, 86'400.0},
                           {"A job whose end is known (--time-left, or the scheduler's) has written everything so long before it", "s"});
  e.silent_seconds = study.get_or<double>(
      "silent_seconds", e.silent_seconds, {1.0, 86'400.0},
      {"A job ends when the process of one of its ranks has been stopped for so long of another's running time; slow ones are waited for",
       "s"});
  e.space_file = config.path(
      "space", {"Family of networks that is searched: a space (docs/configuration.md), or one network's net config (docs/weights.md)"});
  e.data = image::read_data_config(config.section("data", {"Images, how they become inputs, and how they are split (docs/images.md)"}));
  auto supernet = config.section("supernet", {"The once-for-all network that subnets are sliced from, and how it is trained"});
  e.supernet_weights = supernet.path_or("weights", "", {"Trained weights (docs/weights.md)", "", "none: the study trains its own"});
  e.data.trains_supernet = e.supernet_weights.empty();
  e.supernet = train::read_supernet_config(supernet);
  e.evaluator = evaluate::read_evaluator_config(config.section("evaluator", {"How subnets are labelled"}));
  e.collect = collect::read_collect_config(config.section("collect", {"The datasets that predictors learn from"}));
  e.train = train::read_train_config(config.section("train", {"Accuracy predictors"}));
  e.cost = cost::read_cost_config(config.section("cost", {"What answers for latency and energy"}));
  e.search = search::read_search_config(config.section("search", {"The evolution under limits"}));
  e.energy = energy::read_energy_config(config.section("energy", {"What is written to the ledger of energy"}));
  e.jobs = job::read_job_config(config.section("jobs", {"Jobs that work on one study at once"}));
  config.finish();
  return e;
}

Experiment load_experiment(mpi::Communicator const& comm, ExperimentSource const& source) {
  Experiment experiment;
  image::ImageCounts counts{};
  auto instructions = engine::InstructionSet::automatic;
  net::RangeRules rules;
  ExperimentFiles files;
  mpi::collectively(comm, [&] {
    if (comm.is_root()) files = read_files(source);
  });
  files = broadcast_files(comm, std::move(files));
  mpi::collectively(comm, [&] {
    experiment = read_experiment(files, source);
    instructions = experiment.evaluator.instructions;
    if (!comm.is_root()) return;
    counts = settled_counts(experiment.data);
    auto const begun = settings_begun_with(experiment.layout);
    if (instructions == engine::InstructionSet::automatic && begun) instructions = instructions_in(*begun);
    auto const& v = experiment.evaluator;
    rules = v.requested_ranges.resolved(begun ? range_rules_in(*begun) : evaluate::usual_rules(v.fidelity));
    if (begun && v.requested_ranges.is_open() && rules != v.ranges)
      log::root().info("quantised as the study was begun, where nothing else is said: {}", rules.text());
  });
  counts = mpi::broadcast(comm, std::vector{counts}).front();
  instructions = mpi::broadcast(comm, std::vector{instructions}).front();
  rules = mpi::broadcast(comm, std::vector{rules}).front();
  auto settled = settled_ranges(experiment.evaluator.requested_ranges, rules);
  if (counts != experiment.data.counts()) {
    std::vector<std::string> const fewer{fmt::format("data.train_images={}", counts.train),
                                         fmt::format("data.calibration_images={}", counts.calibration),
                                         fmt::format("data.validation_images={}", counts.validation)};
    log::root().info("there are fewer training images than the defaults take: {}", fmt::join(fewer, ", "));
    settled.insert(settled.end(), fewer.begin(), fewer.end());
  }
  instructions = evaluate::agree_on_instructions(comm, instructions);
  if (instructions != experiment.evaluator.instructions)
    settled.push_back(fmt::format("evaluator.instructions={}", engine::instruction_set_names(instructions)));
  if (!settled.empty()) mpi::collectively(comm, [&] { experiment = read_experiment(files, source, settled); });
  experiment.evaluator.node_rank = comm.node().rank();
  return experiment;
}

void require_study(mpi::Communicator const& comm, StudyLayout const& layout) {
  mpi::collectively(comm, [&] {
    if (comm.is_root() && !std::filesystem::exists(layout.config()))
      throw Error(Errc::io, fmt::format("{}: holds no study (no config.yaml); `apq run --config FILE` makes one", layout.root.string()));
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
