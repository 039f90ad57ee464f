#include "evaluate/subnet_evaluation.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/progress.hpp"
#include "common/core/stop_request.hpp"
#include "common/mpi/collectives.hpp"
#include "common/space/subnet_json.hpp"
#include "evaluate/checked_label.hpp"
#include "evaluate/instruction_agreement.hpp"
#include "evaluate/supernet_evaluator.hpp"

namespace apq::evaluate {
namespace {

image::Split choose(image::Splits const& splits, std::string const& name) {
  if (name == "validation") return splits.validation;
  if (name == "train") return splits.train;
  return splits.test;
}

// IDX files hold training images too, from which the calibration split comes; other sources hold what is counted on alone.
image::Splits load_images(mpi::Communicator const& world, EvalRequest const& options, image::SourceConfig const& source,
                          image::DataConfig& data, image::ImageShape const& shape, std::vector<int> const& smaller) {
  bool const has_folder = !options.calibration.empty();
  if (image::source_kind(source.kind).is_raw && !has_folder) {
    data.training = data.test = source;
    // Of a small set the part that nothing is asked of gives way.
    image::ImageCounts counts = data.counts();
    mpi::collectively(world, [&] {
      if (!world.is_root()) return;
      auto const all = static_cast<std::size_t>(counts.train) + static_cast<std::size_t>(counts.calibration + counts.validation);
      auto const available = image::source_kind(source.kind).count(source, true, all);
      counts = image::fitting_counts(counts, {.calibration = true, .validation = true}, options.split == "train", available);
    });
    data.train_images = mpi::broadcast(world, std::vector{counts}).front().train;
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

}  // namespace

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

std::string stored_statistics_trouble(space::SearchSpace const& space, std::vector<space::Subnet> const& subnets) {
  auto const trained = space::largest_subnet(space);
  auto const differing = std::count_if(subnets.begin(), subnets.end(), [&](space::Subnet subnet) {
    subnet.image_size = trained.image_size;
    return space::genes_of(space, subnet) != space::genes_of(space, trained);
  });
  if (differing == 0) return {};
  return fmt::format(
      "no --calibration: {} of {} subnets run with the batch normalisation statistics of the largest network and may score near chance; "
      "give a "
      "folder of images",
      differing, subnets.size());
}

image::Normalisation normalisation_of(EvalRequest const& request, std::string const& source_kind) {
  auto normalisation = request.data.normalisation;
  if (!image::source_kind(source_kind).is_raw) normalisation = {{0.5}, {0.5}};
  if (!request.mean.empty()) normalisation.mean = request.mean;
  if (!request.deviation.empty()) normalisation.deviation = request.deviation;
  return normalisation;
}

EvalInputs read_eval_inputs(EvalRequest const& request) {
  EvalInputs inputs{.space = space::load_space(request.space), .subnets = {}, .source = {}, .data = request.data};
  inputs.subnets =
      request.subnets.empty() ? std::vector{space::largest_subnet(inputs.space)} : space::load_subnets(inputs.space, request.subnets);
  take_size(inputs.space, inputs.subnets, request.size);
  supernet_hash(inputs.space, request.weights);  // weights that don't fit should show before ImageNet is decoded
  inputs.source = image::guess_source(request.images);
  inputs.source.root = request.root;
  inputs.source.classes = request.classes;
  inputs.data.normalisation = normalisation_of(request, inputs.source.kind);
  return inputs;
}

std::vector<EvalResult> evaluate_subnets(mpi::Communicator const& world, EvalRequest const& request, EvalInputs const& inputs,
                                         image::ImageShape const& shape, std::vector<int> const& smaller) {
  require_instructions(world, agree_on_instructions(world, request.evaluator.instructions));
  auto data = inputs.data;
  auto const& subnets = inputs.subnets;
  auto const splits = load_images(world, request, inputs.source, data, shape, smaller);
  std::unique_ptr<SupernetEvaluator> evaluator;
  mpi::collectively(world, [&] {
    evaluator = std::make_unique<SupernetEvaluator>(inputs.space, request.weights, splits.calibration, choose(splits, request.split), data,
                                                    request.evaluator);
    bool const is_quantised = std::any_of(subnets.begin(), subnets.end(), [](auto const& subnet) { return subnet.bits.has_value(); });
    if (is_quantised && splits.calibration.size() == 0)
      throw Error(Errc::config, "--calibration: is missing; quantised subnets need a folder of images that sets their ranges");
  });
  if (splits.calibration.size() == 0)
    if (auto const trouble = stored_statistics_trouble(inputs.space, subnets); !trouble.empty()) log::root().warn("{}", trouble);
  std::vector<EvalResult> mine;
  auto const range = mpi::block_range(subnets.size(), world.size(), world.rank());
  Progress progress("eval", "subnets", range.last - range.first, 0, world.is_root());
  mpi::collectively(world, [&] {
    for (std::size_t i = range.first; i < range.last; ++i) {
      throw_if_stopping("eval");
      auto const start = std::chrono::steady_clock::now();
      auto const label = checked_label(*evaluator, inputs.space, subnets[i], i, fmt::format("subnet {}", i));
      double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      mine.push_back({label, label.total / seconds});
      progress.update(mine.size());
    }
  });
  progress.finish();
  return mpi::allgather(world, std::span<EvalResult const>(mine));
}

}  // namespace apq::evaluate
