#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/experiment_options.hpp"
#include "common/core/error.hpp"
#include "common/core/interval.hpp"
#include "common/core/progress.hpp"
#include "common/image/load.hpp"
#include "common/mpi/collectives.hpp"
#include "common/space/subnet_json.hpp"
#include "evaluate/checked_label.hpp"
#include "evaluate/supernet_evaluator.hpp"

namespace apq::app {
namespace {

struct Options {
  std::filesystem::path space, weights, subnets, root, classes, calibration;
  image::DataConfig data;
  evaluate::EvaluatorConfig evaluator;
  std::string images = "/usr/share/datasets/fashion-mnist", split = "test", format = "table";
  std::string fidelity = std::string(net::fidelity_kind_names(net::FidelityKind::corrected));
  std::string engine = std::string(engine::engine_kind_names(engine::EngineKind::automatic));
  std::vector<double> mean, deviation;
  int size = 0;
};

struct Result {
  evaluate::Label label;
  double images_per_second;
};

image::Split choose(image::Splits const& splits, std::string const& name) {
  if (name == "validation") return splits.validation;
  if (name == "train") return splits.train;
  return splits.test;
}

image::Normalisation normalisation_of(Options const& options, std::string const& kind) {
  auto normalisation = options.data.normalisation;
  if (!image::source_kind(kind).is_raw) normalisation = {{0.5}, {0.5}};
  if (!options.mean.empty()) normalisation.mean = options.mean;
  if (!options.deviation.empty()) normalisation.deviation = options.deviation;
  return normalisation;
}

// IDX files hold training images too, from which the calibration split comes; other sources hold what is counted on alone.
image::Splits load_images(mpi::Communicator const& world, Options const& options, image::SourceConfig const& source,
                          image::DataConfig& data, image::ImageShape const& shape, std::vector<int> const& smaller) {
  bool const has_folder = !options.calibration.empty();
  if (image::source_kind(source.kind).is_raw && !has_folder) {
    data.training = data.test = source;
    return image::load_splits(world, data, shape,
                              {.train = options.split == "train",
                               .calibration = true,
                               .validation = options.split == "validation",
                               .test = options.split == "test",
                               .smaller = smaller});
  }
  mpi::collectively(world, [&] {
    if (options.split != "test")
      throw Error(Errc::config, fmt::format("--split {}: is for a directory of IDX files without --calibration; {} is taken whole",
                                            options.split, options.images));
  });
  auto const test = image::listing_of_root(world, [&] { return image::list_source(source, false, data, shape); });
  image::Listing calibration;
  if (has_folder) calibration = image::listing_of_root(world, [&] { return image::list_unlabelled(options.calibration); });
  data.train_images = data.validation_images = 0;
  data.calibration_images = std::min(data.calibration_images, static_cast<int>(calibration.entries.size()));
  return image::decode_splits(world, calibration, test, data, shape, {.calibration = has_folder, .test = true, .smaller = smaller});
}

// --size: any in a space of one, where kernels do not care; one of the space's where it is a gene, and then for every subnet.
void take_size(space::SearchSpace& space, std::vector<space::Subnet>& subnets, int size) {
  if (size == 0) return;
  if (space.num_size_genes() == 0) {
    space.image_size = size;
    space.image_sizes = {size};
    return;
  }
  auto const& sizes = space.image_sizes;
  if (std::find(sizes.begin(), sizes.end(), size) == sizes.end())
    throw Error(Errc::config, fmt::format("--size {}: is not a size of the space; allowed: {}", size, fmt::join(sizes, ", ")));
  for (auto& subnet : subnets) subnet.image_size = size;
}

int evaluate_subnets(mpi::Communicator const& world, Options const& options) {
  space::SearchSpace space;
  std::vector<space::Subnet> subnets;
  std::vector<int> smaller;
  image::SourceConfig source;
  auto data = options.data;
  mpi::collectively(world, [&] {
    space = space::load_space(options.space);
    subnets = options.subnets.empty() ? std::vector{space::largest_subnet(space)} : space::load_subnets(space, options.subnets);
    take_size(space, subnets, options.size);
    std::set<int> sizes;
    for (auto const& subnet : subnets) sizes.insert(subnet.image_size);
    smaller = study::smaller_sizes(space, std::move(sizes));
    evaluate::supernet_hash(space, options.weights);  // weights that don't fit should show before ImageNet is decoded
    source = image::guess_source(options.images);
    source.root = options.root;
    source.classes = options.classes;
    data.normalisation = normalisation_of(options, source.kind);
  });
  auto const splits = load_images(world, options, source, data, study::image_shape(space), smaller);
  std::unique_ptr<evaluate::SupernetEvaluator> evaluator;
  mpi::collectively(world, [&] {
    evaluator = std::make_unique<evaluate::SupernetEvaluator>(space, options.weights, splits.calibration, choose(splits, options.split),
                                                              data, options.evaluator);
    bool const is_quantised = std::any_of(subnets.begin(), subnets.end(), [](auto const& subnet) { return subnet.bits.has_value(); });
    if (is_quantised && splits.calibration.size() == 0)
      throw Error(Errc::config, "--calibration: is missing; quantised subnets need a folder of images that sets their ranges");
  });
  std::vector<Result> mine;
  auto const range = mpi::block_range(subnets.size(), world.size(), world.rank());
  Progress progress("eval", "subnets", range.last - range.first, 0, world.is_root());
  for (std::size_t i = range.first; i < range.last; ++i) {
    auto const start = std::chrono::steady_clock::now();
    auto const label = evaluate::checked_label(*evaluator, space, subnets[i], i, fmt::format("subnet {}", i));
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
      json.push_back({{"top1", 100.0 * label.correct / label.total},
                      {"top5", 100.0 * label.correct5 / label.total},
                      {"correct", label.correct},
                      {"total", label.total},
                      {"loss", label.loss},
                      {"images_per_second", speed}});
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
  app.add_option("--images", o->images, "Images: a directory of IDX files, a folder per class, a list of `path label` lines, or tar shards")
      ->capture_default_str();
  app.add_option("--root", o->root, "What a list's paths are relative to (default: the list's folder)");
  app.add_option("--classes", o->classes, "Class list of a folder per class (default: the folders in sorted order)");
  app.add_option("--size", o->size,
                 "Side of the network's input, pixels; where it is a gene, one of the space's, for all subnets (default: the space's, or "
                 "each subnet's own)")
      ->check(CLI::Range(1, 8192));
  app.add_option("--resize", o->data.resize, "Short side before the central crop, pixels (default: ceil(size / 0.875))")
      ->check(CLI::Range(1, 16384));
  app.add_option("--calibration", o->calibration,
                 "Folder of images for BN statistics and ranges (default: a directory of IDX files has "
                 "its own; else the stored BN statistics serve full-precision subnets)");
  app.add_option("--max-damaged", o->data.max_damaged, "So many damaged images are left out; more are an error")->capture_default_str();
  app.add_option("--split", o->split, "Which images to count hits on")
      ->check(CLI::IsMember({"test", "validation", "train"}))
      ->capture_default_str();
  app.add_option("--validation-images", o->data.validation_images, "Size of the validation split")->capture_default_str();
  app.add_option("--calibration-images", o->data.calibration_images, "Images for BN statistics and ranges")->capture_default_str();
  app.add_option("--batch", o->evaluator.batch, "Images per forward pass")->capture_default_str();
  app.add_option("--fidelity", o->fidelity, "Quantiser behaviour")
      ->check(CLI::IsMember(net::fidelity_kind_names.all()))
      ->capture_default_str();
  app.add_option("--engine", o->engine, "Executor")->check(CLI::IsMember(engine::engine_kind_names.all()))->capture_default_str();
  app.add_option("--mean", o->mean, "Pixel mean in [0, 1], one or one per channel (default: 0.286 for IDX files, else 0.5)")
      ->expected(1, 4)
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--std", o->deviation, "Pixel standard deviation, likewise (default: 0.353 for IDX files, else 0.5)")
      ->expected(1, 4)
      ->check(CLI::Range(1e-6, 10.0));
  app.add_option("--format", o->format, "Output")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Example:\n  apq eval --space configs/spaces/fashion_mnist.yaml --weights data/fashion_mnist_supernet.pt --split test\n"
      "  apq eval --space S.yaml --weights W.pth --images imagenet_val.txt --root imagenet_val --size 176 --mean 0.5 --std 0.5 --format "
      "json");
  return [o](mpi::Communicator const& world) {
    o->evaluator.fidelity = *net::fidelity_kind_names.find(o->fidelity);
    o->evaluator.engine = *engine::engine_kind_names.find(o->engine);
    return evaluate_subnets(world, *o);
  };
}

}  // namespace apq::app
