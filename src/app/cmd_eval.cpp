#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "collect/supernet_evaluator.hpp"
#include "common/core/error.hpp"
#include "common/core/interval.hpp"
#include "common/core/progress.hpp"
#include "common/image/idx.hpp"
#include "common/mpi/collectives.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::app {
namespace {

struct Options {
  std::filesystem::path space, weights, subnets;
  image::DataConfig data;
  collect::EvaluatorConfig evaluator;
  std::string images = "/usr/share/datasets/fashion-mnist", split = "test", format = "table";
};

struct Result {
  collect::Label label;
  double images_per_second;
};

image::Split choose(image::Splits const& splits, std::string const& name) {
  if (name == "validation") return splits.validation;
  if (name == "train") return splits.train;
  return splits.test;
}

int evaluate_subnets(mpi::Communicator const& world, Options const& options) {
  space::SearchSpace space;
  std::vector<space::Subnet> subnets;
  std::unique_ptr<collect::SupernetEvaluator> evaluator;
  mpi::collectively(world, [&] {
    space = space::load_space(options.space);
    subnets = options.subnets.empty() ? std::vector{space::largest_subnet(space)} : space::load_subnets(space, options.subnets);
    auto const images = image::read_idx_directory(options.images, space.image_size, space.num_classes);
    auto const splits = image::split(images.training, images.test, options.data);
    evaluator = std::make_unique<collect::SupernetEvaluator>(space, options.weights, splits.calibration,
                                                             choose(splits, options.split), options.data, options.evaluator);
  });
  std::vector<Result> mine;
  auto const range = mpi::block_range(subnets.size(), world.size(), world.rank());
  Progress progress("eval", "subnets", range.last - range.first, 0, world.is_root());
  for (std::size_t i = range.first; i < range.last; ++i) {
    auto const start = std::chrono::steady_clock::now();
    auto const label = evaluator->evaluate(subnets[i], i);
    double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    mine.push_back({label, label.total / seconds});
    progress.update(mine.size());
  }
  progress.finish();
  auto const results = mpi::allgather(world, std::span<Result const>(mine));
  if (!world.is_root()) return 0;
  if (options.format == "json") {
    auto json = nlohmann::ordered_json::array();
    for (auto const& [label, speed] : results)
      json.push_back({{"top1", 100.0 * label.correct / label.total}, {"top5", 100.0 * label.correct5 / label.total},
                      {"correct", label.correct}, {"total", label.total}, {"loss", label.loss}, {"images_per_second", speed}});
    fmt::print("{}\n", json.dump(1));
    return 0;
  }
  fmt::print("{:>6} {:>8} {:>17} {:>8} {:>8} {:>10}\n", "subnet", "top-1 %", "95 % interval", "top-5 %", "loss", "images/s");
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto const& label = results[i].label;
    auto const interval = wilson_interval(label.correct, label.total);
    fmt::print("{:>6} {:>8.2f} {:>8.2f} ..{:>6.2f} {:>8.2f} {:>8.4f} {:>10.0f}\n", i, 100.0 * label.correct / label.total,
               100 * interval.low, 100 * interval.high, 100.0 * label.correct5 / label.total, label.loss, results[i].images_per_second);
  }
  return 0;
}

}  // namespace

Body add_eval(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("--space", o->space, "Search space (YAML)")->required();
  app.add_option("--weights", o->weights, "Supernet weights")->required();
  app.add_option("--subnets", o->subnets, "JSON array of subnets (default: the largest one)");
  app.add_option("--images", o->images, "Directory of IDX files")->capture_default_str();
  app.add_option("--split", o->split, "Which images to count hits on")->check(CLI::IsMember({"test", "validation", "train"}))->capture_default_str();
  app.add_option("--validation-images", o->data.validation_images, "Size of the validation split")->capture_default_str();
  app.add_option("--calibration-images", o->data.calibration_images, "Images for BN statistics and ranges")->capture_default_str();
  app.add_option("--batch", o->evaluator.batch, "Images per forward pass")->capture_default_str();
  app.add_option("--fidelity", o->evaluator.fidelity, "Quantiser behaviour")->check(CLI::IsMember({"corrected", "release"}))->capture_default_str();
  app.add_option("--mean", o->data.mean, "Pixel mean in [0, 1]")->capture_default_str();
  app.add_option("--std", o->data.deviation, "Pixel standard deviation")->capture_default_str();
  app.add_option("--format", o->format, "Output")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer("Example:\n  apq eval --space configs/spaces/fashion_mnist.yaml --weights data/fashion_mnist_supernet.pt --split test");
  return [o](mpi::Communicator const& world) { return evaluate_subnets(world, *o); };
}

}  // namespace apq::app
