#include "common/net/calibration.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "common/core/error.hpp"
#include "common/net/forward.hpp"
#include "common/net/kl_threshold.hpp"

namespace apq::net {
namespace {

MagnitudeHistogram histogram_of(at::Tensor const& values) {
  auto const flat = values.detach().to(at::kCPU).contiguous(values.suggest_memory_format());
  auto const count = static_cast<std::size_t>(flat.numel());
  if (flat.scalar_type() == at::kDouble) return magnitude_histogram<double>({flat.data_ptr<double>(), count});
  return magnitude_histogram<float>({flat.data_ptr<float>(), count});
}

double threshold(at::Tensor const& values, int levels, Fidelity const& fidelity) {
  return kl_threshold(histogram_of(values), levels,
                      fidelity.kl_searches_every_bin ? ThresholdSearch::exhaustive : ThresholdSearch::coarse_fine);
}

constexpr int kl_below_bits = 5;
constexpr double initial_activation_range = 6;

double activation_range(LayerQuantisation const& q, at::Tensor const& x, Fidelity const& fidelity) {
  double range = x.detach().abs().max().item<double>();
  // Without the slip nothing is cut: a ReLU6's outputs are below 6 anyway, all others are not bounded.
  if (fidelity.signed_ranges_are_capped) range = std::min(range, initial_activation_range);
  if (q.activation_bits < kl_below_bits && range > 0) {
    int const level_bits = fidelity.kl_halves_the_levels ? q.activation_bits - 1 : q.activation_bits;
    range = std::min(range, threshold(x, std::max(2, 1 << level_bits), fidelity));
  }
  return static_cast<double>(static_cast<float>(range));  // checkpoints hold it as float32
}

double weight_range(LayerQuantisation const& q, at::Tensor const& w, Fidelity const& fidelity) {
  double const largest = w.detach().abs().max().item<double>();
  if (q.weight_bits >= kl_below_bits || !(largest > 0)) return largest;
  return threshold(w, std::max(2, 1 << (q.weight_bits - 1)), fidelity);
}

}  // namespace

void recalibrate_norms(SubnetNet& net, Batches batches, bool quantise) {
  at::NoGradGuard const no_grad;
  auto const layers = layers_of(net);
  struct Sums {
    at::Tensor mean, variance;
  };
  std::vector<Sums> sums(layers.size());
  double total = 0;
  for (std::size_t batch = 0; batch < batches.size(); ++batch) {
    auto const images = batches[batch];
    auto const weight = static_cast<double>(images.size(0));
    total += weight;
    ForwardOptions options;
    options.norm = NormMode::batch;
    options.quantise = quantise;
    options.on_statistics = [&](std::size_t layer, at::Tensor const& mean, at::Tensor const& variance) {
      auto& sum = sums[layer];
      sum.mean = sum.mean.defined() ? sum.mean.add(mean, weight) : mean * weight;
      sum.variance = sum.variance.defined() ? sum.variance.add(variance, weight) : variance * weight;
    };
    forward(net, images, options);
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!sums[i].mean.defined()) continue;
    layers[i].norm->running_mean = sums[i].mean / total;
    layers[i].norm->running_var = sums[i].variance / total;
  }
}

void calibrate_ranges(SubnetNet& net, at::Tensor const& images, Fidelity const& fidelity) {
  at::NoGradGuard const no_grad;
  auto const layers = layers_of(net);
  ForwardOptions options;
  options.on_input = [&](std::size_t layer, at::Tensor const& input) {
    auto& q = *layers[layer].quantisation;
    if (q.activation_bits > 0) q.activation_range = activation_range(q, input, fidelity);
    if (q.weight_bits > 0) q.weight_range = weight_range(q, *layers[layer].weight, fidelity);
  };
  forward(net, images, options);
}

void prepare(SubnetNet& net, Batches batches, Fidelity const& fidelity) {
  at::NoGradGuard const no_grad;
  if (batches.size() == 0) {
    if (!net.is_quantised) return;
    throw Error(Errc::config, "no calibration images; a quantised subnet's ranges come from them");
  }
  if (!net.is_quantised) {
    recalibrate_norms(net, batches, false);
    return;
  }
  if (fidelity.recalibrates_before_calibrating) {
    recalibrate_norms(net, batches, true);
    calibrate_ranges(net, batches.front(), fidelity);
    freeze_weights(net);
  } else {
    recalibrate_norms(net, batches, false);
    calibrate_ranges(net, batches.front(), fidelity);
    freeze_weights(net);
    recalibrate_norms(net, batches, true);
  }
}

}  // namespace apq::net
