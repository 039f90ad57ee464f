#include "common/engine/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/core/error.hpp"
#include "common/net/kl_threshold.hpp"
#include "common/net/least_error.hpp"
#include "common/net/quantiser.hpp"

namespace apq::engine {
namespace {

/// Calls `visit` with the values of a tensor in whatever order they lie in.
template <class Visit>
void with_values(at::Tensor const& tensor, Visit const& visit) {
  auto const flat = tensor.detach().to(at::kCPU).contiguous(tensor.suggest_memory_format());
  auto const count = static_cast<std::size_t>(flat.numel());
  if (flat.scalar_type() == at::kDouble) visit(std::span<double const>(flat.data_ptr<double>(), count));
  else visit(std::span<float const>(flat.data_ptr<float>(), count));
}

double threshold(net::MagnitudeHistogram const& histogram, int levels, net::Fidelity const& fidelity) {
  return net::kl_threshold(histogram, levels,
                           fidelity.kl_searches_every_bin ? net::ThresholdSearch::exhaustive : net::ThresholdSearch::coarse_fine);
}

constexpr int clipped_below_bits = 5;
constexpr double initial_activation_range = 6;
constexpr double kept_share = 0.9999;  // of ActivationRule::percentile

bool needs_histogram(net::LayerQuantisation const& q, net::ActivationRule rule) {
  if (q.activation_bits <= 0 || rule == net::ActivationRule::max) return false;
  if (rule == net::ActivationRule::kl) return q.activation_bits < clipped_below_bits;
  return q.activation_bits + (q.is_signed ? 1 : 0) < 8;
}

// The next power of two, not below.
double power_of_two(double range) { return range > 0 ? std::exp2(std::ceil(std::log2(range))) : range; }

double clipped(net::LayerQuantisation const& q, net::MagnitudeHistogram const& histogram, Calibration const& calibration) {
  switch (calibration.ranges.activations) {
    case net::ActivationRule::max:
      return histogram.maximum;
    case net::ActivationRule::mse:
      return net::range_of_least_error(histogram, (1 << q.activation_bits) - 1);
    case net::ActivationRule::percentile:
      return net::percentile(histogram, kept_share);
    case net::ActivationRule::kl:
      break;
  }
  int const level_bits = calibration.fidelity.kl_halves_the_levels ? q.activation_bits - 1 : q.activation_bits;
  return threshold(histogram, std::max(2, 1 << level_bits), calibration.fidelity);
}

double activation_range(net::LayerQuantisation const& q, net::MagnitudeRange const& magnitudes, net::HistogramCounter const* counter,
                        Calibration const& calibration) {
  double range = magnitudes.high;
  // Without the slip nothing is cut: a ReLU6's outputs are below 6 anyway, all others are not bounded.
  if (calibration.fidelity.signed_ranges_are_capped) range = std::min(range, initial_activation_range);
  if (counter != nullptr && range > 0) range = std::min(range, clipped(q, counter->histogram(), calibration));
  if (calibration.ranges.are_powers_of_two) range = power_of_two(range);
  return static_cast<double>(static_cast<float>(range));  // checkpoints hold it as float32
}

net::WeightRanges weight_ranges(net::LayerQuantisation const& q, at::Tensor const& w, Calibration const& calibration) {
  auto largest = net::largest_weights(w, calibration.ranges.weight_scales);
  if (calibration.ranges.weights == net::WeightRule::max || q.weight_bits >= clipped_below_bits) return largest;
  if (calibration.ranges.weights == net::WeightRule::mse) return net::weight_ranges_of_least_error(w, std::move(largest), q.weight_bits);
  if (!(largest.front() > 0)) return largest;
  net::MagnitudeHistogram histogram;
  with_values(w, [&](auto values) { histogram = net::magnitude_histogram(values); });
  return {threshold(histogram, std::max(2, 1 << (q.weight_bits - 1)), calibration.fidelity)};
}

// A batch whose statistics are no numbers shows in their sums.
void require_finite_statistics(std::string_view layer, at::Tensor const& mean, at::Tensor const& variance) {
  if (at::isfinite(mean).all().item<bool>() && at::isfinite(variance).all().item<bool>()) return;
  throw Error(Errc::numeric, fmt::format("{}: its outputs on the calibration images have no finite mean and variance (products of these "
                                         "weights exceed float32); another supernet is needed",
                                         layer));
}

}  // namespace

void recalibrate_norms(net::SubnetNet& net, Batches batches, bool quantise, Engine const& engine) {
  at::NoGradGuard const no_grad;
  auto const layers = net::layers_of(net);
  struct Sums {
    at::Tensor mean, variance;
    double images = 0;
  };
  std::vector<Sums> sums(layers.size());
  engine.observe_statistics(net, batches, quantise,
                            [&](std::size_t layer, double images, at::Tensor const& mean, at::Tensor const& variance) {
                              auto& sum = sums[layer];
                              sum.mean = sum.mean.defined() ? sum.mean.add(mean, images) : mean * images;
                              sum.variance = sum.variance.defined() ? sum.variance.add(variance, images) : variance * images;
                              sum.images += images;
                            });
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!sums[i].mean.defined()) continue;
    require_finite_statistics(layers[i].name, sums[i].mean, sums[i].variance);
    auto& norm = *layers[i].norm;
    norm.running_mean = (sums[i].mean / sums[i].images).to(norm.weight.scalar_type());
    norm.running_var = (sums[i].variance / sums[i].images).to(norm.weight.scalar_type());
  }
}

void calibrate_ranges(net::SubnetNet& net, at::Tensor const& images, Calibration const& calibration, Engine const& engine) {
  at::NoGradGuard const no_grad;
  struct Layer {
    net::LayerRef of_net;
    net::MagnitudeRange magnitudes;
    std::optional<net::HistogramCounter> counter;
  };
  std::vector<Layer> layers;
  for (auto const& layer : net::layers_of(net)) layers.push_back({layer, {}, {}});
  auto const is_quantised = [](Layer const& layer) { return layer.of_net.quantisation->activation_bits > 0; };

  engine.observe_inputs(net, images, [&](std::size_t i, at::Tensor const& input) {
    if (is_quantised(layers[i])) with_values(input, [&](auto values) { layers[i].magnitudes.add(values); });
  });
  // Bins need the range first, and keeping all inputs until then would take more memory than a second pass takes time.
  bool needs_histograms = false;
  for (auto& layer : layers)
    if (needs_histogram(*layer.of_net.quantisation, calibration.ranges.activations)) {
      layer.counter.emplace(layer.magnitudes);
      needs_histograms = true;
    }
  if (needs_histograms)
    engine.observe_inputs(net, images, [&](std::size_t i, at::Tensor const& input) {
      if (layers[i].counter) with_values(input, [&](auto values) { layers[i].counter->add(values); });
    });
  for (auto& layer : layers) {
    auto& q = *layer.of_net.quantisation;
    if (is_quantised(layer) && !std::isfinite(layer.magnitudes.high))
      throw Error(Errc::numeric, fmt::format("{}: its inputs on the calibration images are not finite (products of these weights exceed "
                                             "float32); another supernet is needed",
                                             layer.of_net.name));
    if (is_quantised(layer))
      q.activation_range = activation_range(q, layer.magnitudes, layer.counter ? &*layer.counter : nullptr, calibration);
    if (q.weight_bits > 0) q.weight_ranges = weight_ranges(q, *layer.of_net.weight, calibration);
  }
}

namespace {

void recalibrate_in_float(net::SubnetNet& net, Batches batches, Engine const& engine, NormBuffers* known) {
  std::vector<net::BatchNorm*> norms;
  for (auto const& layer : net::layers_of(net))
    if (layer.norm != nullptr) norms.push_back(layer.norm);
  if (known != nullptr && known->size() == norms.size()) {
    for (std::size_t i = 0; i < norms.size(); ++i) std::tie(norms[i]->running_mean, norms[i]->running_var) = (*known)[i];
    return;
  }
  recalibrate_norms(net, batches, false, engine);
  if (known == nullptr) return;
  known->clear();
  for (auto const* const norm : norms) known->emplace_back(norm->running_mean, norm->running_var);
}

}  // namespace

void prepare(net::SubnetNet& net, Batches batches, Calibration const& calibration, Engine const& engine, NormBuffers* float_norms) {
  at::NoGradGuard const no_grad;
  if (batches.size() == 0) {
    if (!net.is_quantised) return;
    throw Error(Errc::config, "no calibration images; a quantised subnet's ranges come from them");
  }
  if (!net.is_quantised) {
    recalibrate_in_float(net, batches, engine, float_norms);
    return;
  }
  if (calibration.fidelity.recalibrates_before_calibrating) {
    recalibrate_norms(net, batches, true, engine);
    calibrate_ranges(net, batches.front(), calibration, engine);
  } else {
    recalibrate_in_float(net, batches, engine, float_norms);
    calibrate_ranges(net, batches.front(), calibration, engine);
    recalibrate_norms(net, batches, true, engine);
  }
}

}  // namespace apq::engine
