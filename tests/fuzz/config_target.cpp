// An experiment's configuration, all sections that need no LibTorch; behind a zero byte an assignment of the command line. Also a site
// profile.
#include "collect/collect_config.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/cost/cost_config.hpp"
#include "common/energy/energy_config.hpp"
#include "common/image/data_config.hpp"
#include "common/job/job_config.hpp"
#include "evaluate/evaluator_config.hpp"
#include "fuzz/target.hpp"
#include "launch/site_profile.hpp"
#include "search/search_config.hpp"
#include "support/shared_data.hpp"
#include "train/supernet_config.hpp"
#include "train/train_config.hpp"

namespace apq::fuzz {
namespace {

void read_experiment(Config& config) {
  auto study = config.section("study", {"Study"});
  study.get_or<std::string>("name", "n", {"Name"});
  study.get_or<std::string>("dir", "runs/n", {"Directory"});
  study.get_or<std::uint64_t>("seed", 1, {"Seed"});
  config.path_or("space", "", {"Space"});
  image::read_data_config(config.section("data", {"Images"}));
  auto supernet = config.section("supernet", {"Supernet"});
  supernet.path_or("weights", "", {"Weights"});
  train::read_supernet_config(supernet);
  evaluate::read_evaluator_config(config.section("evaluator", {"Evaluator"}));
  collect::read_collect_config(config.section("collect", {"Collection"}));
  train::read_train_config(config.section("train", {"Predictors"}));
  cost::read_cost_config(config.section("cost", {"Costs"}));
  search::read_search_config(config.section("search", {"Search"}));
  energy::read_energy_config(config.section("energy", {"Energy"}));
  job::read_job_config(config.section("jobs", {"Jobs"}));
  config.finish();
}

void read(Config& config, bool is_site) {
  if (is_site) launch::read_site_profile(config, "apq");
  else read_experiment(config);
}

/// What is resolved says all that was read: read again it resolves to the same, and so does the text with comments.
void require_same_again(Config const& config, bool is_site) {
  auto const resolved = config.resolved();
  for (auto const& text : {resolved, config.commented()}) {
    auto again = Config::parse(text, "resolved.yaml");
    try {
      read(again, is_site);
    } catch (Error const& e) {
      require(false, std::string("what is resolved is refused: ") + e.what() + "\n" + text);
    }
    require(again.resolved() == resolved, "what is resolved is read otherwise:\n" + resolved + "\n" + again.resolved());
  }
}

}  // namespace

std::vector<std::string> seeds() {
  using namespace std::string_literals;
  std::vector<std::string> all;
  for (char const* name : {"quickstart", "imagenet", "imagenet_mcunet", "fashion_mnist_supernet"})
    all.push_back(read_file(test::source_dir() / "configs" / (std::string(name) + ".yaml")));
  all.push_back("space: s.yaml\n\0search.constraints=[{metric: latency_ms, limit: 1.5, also: [{metric: energy_mj, quantile: 0.5}]}]"s);
  all.push_back(
      "data:\n  training: {tar: 'train-{0000..0146}.tar'}\n  test: {list: val.txt, root: /}\n  mean: [0.4, 0.5, 0.6]\n  deviation: 0.2\n\0study.name=run #2"s);
  all.push_back(
      "scheduler: slurm\nexecutable: apq\nranks_per_node: 32\nlauncher: srun\npartition: main\ntime_limit: 60\nmodules: [gcc, openmpi]\n"s);
  return all;
}

void attempt(std::string_view input) {
  auto const zero = input.find('\0');
  auto config = Config::parse(std::string(input.substr(0, zero)), "c.yaml");
  if (zero != input.npos) config.set(std::string(input.substr(zero + 1)));
  bool const is_site = config.has("scheduler");
  read(config, is_site);
  require_same_again(config, is_site);
}

}  // namespace apq::fuzz
