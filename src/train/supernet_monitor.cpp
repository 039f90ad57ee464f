#include "train/supernet_monitor.hpp"

#include <algorithm>
#include <string>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/engine/calibration.hpp"
#include "common/engine/evaluate.hpp"
#include "common/net/subnet_net.hpp"

namespace apq::train {
namespace {

constexpr std::size_t calibration_images = 512, calibration_batch = 128, validation_batch = 100;

image::Split first_of(image::Split split, std::size_t count) {
  split.indices.resize(std::min(count, split.indices.size()));
  return split;
}

/// The name of a layer's norm. blocks.N... units are named by their quantised layer "....conv"; searched blocks nest once more (".bn.bn").
std::string norm_name(net::Supernet const& supernet, std::string const& unit) {
  auto const base = unit.substr(0, unit.size() - std::string(".conv").size());
  return supernet.weights.contains(base + ".bn.bn.running_mean") ? base + ".bn.bn" : base + ".bn";
}

}  // namespace

SupernetMonitor::SupernetMonitor(image::Splits const& splits, image::Normalisation const& normalisation, int validation_images)
    : calibration_(engine::make_batches(first_of(splits.calibration, calibration_images), calibration_batch, normalisation)),
      validation_(
          engine::make_batches(first_of(splits.validation, static_cast<std::size_t>(validation_images)), validation_batch, normalisation)),
      engine_(engine::make_engine(engine::EngineKind::automatic)) {}

std::int64_t SupernetMonitor::validation_images() const {
  std::int64_t count = 0;
  for (auto const& labels : validation_.labels) count += labels.size(0);
  return count;
}

double SupernetMonitor::top1(net::Supernet const& supernet, space::Subnet const& subnet) const {
  at::NoGradGuard const no_grad;
  auto net = net::slice(supernet, subnet);
  engine::prepare(net, calibration_.images, {}, *engine_);
  auto const counts = engine::evaluate(*engine_->compile(net), validation_);
  return 100.0 * counts.correct / counts.total;
}

void SupernetMonitor::store_statistics(net::Supernet& supernet) const {
  at::NoGradGuard const no_grad;
  auto net = net::slice(supernet, space::largest_subnet(supernet.space));
  engine::recalibrate_norms(net, calibration_.images, false, *engine_);
  for (auto const& block : net.blocks)
    for (auto const& unit : block.convs) {
      if (!unit.norm) continue;
      auto const norm = norm_name(supernet, unit.name);
      supernet.weights.at(norm + ".running_mean").copy_(unit.norm->running_mean);
      supernet.weights.at(norm + ".running_var").copy_(unit.norm->running_var);
    }
}

}  // namespace apq::train
