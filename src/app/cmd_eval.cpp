#include <set>

#include "app/command.hpp"
#include "app/print.hpp"
#include "app/quantiser_options.hpp"
#include "app/within.hpp"
#include "common/mpi/collectives.hpp"
#include "evaluate/eval_text.hpp"
#include "study/experiment.hpp"

namespace apq::app {
namespace {

struct Options {
  evaluate::EvalRequest request{.images = "/usr/share/datasets/fashion-mnist"};
  std::string format = "table";
  std::string engine{engine::engine_kind_names(engine::EngineKind::automatic)}, warnings{image::warnings_names(image::Warnings::keep)};
};

int eval(mpi::Communicator const& world, Options const& o) {
  evaluate::EvalInputs inputs;
  mpi::collectively(world, [&] { inputs = evaluate::read_eval_inputs(o.request); });
  std::set<int> sizes;
  for (auto const& subnet : inputs.subnets) sizes.insert(subnet.image_size);
  auto const results = evaluate::evaluate_subnets(world, o.request, inputs, study::image_shape(inputs.space),
                                                  study::smaller_sizes(inputs.space, std::move(sizes)));
  if (world.is_root()) print((o.format == "json" ? evaluate::eval_json : evaluate::eval_table)(results));
  return 0;
}

}  // namespace

Body add_eval(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("--space", o->request.space, "Search space (YAML)")->required();
  app.add_option("--weights", o->request.weights, "Supernet weights")->required();
  app.add_option("--subnets", o->request.subnets,
                 "Subnets, a JSON file: an array, one, or a study's winner, winners/*.json (default: the largest one)");
  app.add_option("--images", o->request.images,
                 "Images: a directory of IDX files, a folder per class, a list of `path label` lines, or tar shards")
      ->capture_default_str();
  app.add_option("--root", o->request.root, "What a list's paths are relative to (default: the list's folder)");
  app.add_option("--classes", o->request.classes, "Class list of a folder per class (default: the folders in sorted order)");
  app.add_option("--size", o->request.size,
                 "Side of the network's input, pixels; where it is a gene, one of the space's, for all subnets (default: the space's, or "
                 "each subnet's own)")
      ->check(within(1, 8192));
  app.add_option("--resize", o->request.data.resize, "Short side before the central crop, pixels (default: ceil(size / 0.875))")
      ->check(within(1, 16384));
  app.add_option("--calibration", o->request.calibration,
                 "Images for BN statistics and ranges (default: IDX files have their own; else stored BN statistics, full precision only)");
  auto& data = o->request.data;
  int const many = 1'000'000'000;
  add_number(app, "--max-damaged", data.max_damaged, within(0, many), "So many damaged images are left out; more are an error");
  add_choice(app, "--warnings", o->warnings, image::warnings_names.all(), "JPEGs that libjpeg warns about and PIL reads");
  add_choice(app, "--split", o->request.split, {"test", "validation", "train"}, "Which images to count hits on");
  add_number(app, "--validation-images", data.validation_images, within(1, many), "Size of the validation split");
  add_number(app, "--calibration-images", data.calibration_images, within(1, many), "Images for BN statistics and ranges");
  add_number(app, "--batch", o->request.evaluator.batch, within(1, 100'000), "Images per forward pass");
  add_quantiser_options(app, o->request.evaluator);
  add_choice(app, "--engine", o->engine, engine::engine_kind_names.all(), "Executor");
  app.add_option("--mean", o->request.mean, "Pixel mean in [0, 1], one or one per channel (default: 0.286 for IDX files, else 0.5)")
      ->expected(1, 4)
      ->check(within(0.0, 1.0));
  app.add_option("--std", o->request.deviation, "Pixel standard deviation, likewise (default: 0.353 for IDX files, else 0.5)")
      ->expected(1, 4)
      ->check(within(1e-6, 10.0));
  app.add_option("--format", o->format, "Output")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Example:\n  apq eval --space configs/spaces/fashion_mnist.yaml --weights data/fashion_mnist_supernet.pt --split test\n"
      "  apq eval --space S.yaml --weights W.pth --images val.txt --root val --size 176 --mean 0.5 --std 0.5 --format json");
  return [o](mpi::Communicator const& world) {
    mpi::collectively(world, [&] { settle_ranges(o->request.evaluator); });
    o->request.data.warnings = *image::warnings_names.find(o->warnings);
    o->request.evaluator.engine = *engine::engine_kind_names.find(o->engine);
    return eval(world, *o);
  };
}

}  // namespace apq::app
