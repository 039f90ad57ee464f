#include "train/network_fit.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include <fmt/format.h>

#include <ATen/ATen.h>

#include "common/core/error.hpp"
#include "common/core/random.hpp"
#include "common/core/stop_request.hpp"
#include "train/adam.hpp"
#include "train/learning_rate.hpp"
#include "train/predictor_model.hpp"
#include "train/row_inputs.hpp"
#include "train/trainable_mlp.hpp"
#include "train/transfer.hpp"

namespace apq::train {
namespace {

void descend(TrainableMlp& network, at::Tensor const& targets, Adam adam, FitConfig const& config, bool quantised, std::uint64_t seed) {
  auto const n = targets.size(0);
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::int64_t const batch = std::min<std::int64_t>(config.batch, n);
  std::int64_t const steps_per_epoch = (n + batch - 1) / batch;
  double const total_steps = static_cast<double>(steps_per_epoch) * config.epochs;
  double step = 0;
  for (int epoch = 0; epoch < config.epochs; ++epoch) {
    throw_if_stopping("train");
    RandomStream(seed, "train.fit.order", static_cast<std::uint64_t>(epoch)).shuffle(std::span(order));
    double loss = 0;
    for (std::int64_t begin = 0; begin < n; begin += batch, ++step) {
      auto const size = std::min(batch, n - begin);
      auto const which = at::from_blob(order.data() + begin, {size}, at::kLong);
      auto const activations = network.forward(which);
      auto const error = activations.y - targets.index_select(0, which);
      loss += error.square().sum().item<double>();
      network.backward(activations, error * (2.0 / static_cast<double>(size)));  // of the mean squared error
      auto& parameters = network.parameters();
      adam.step(parameters.values, parameters.gradients, cosine_rate(config.learning_rate, step, total_steps), config.weight_decay);
    }
    if (!std::isfinite(loss))
      throw Error(Errc::numeric, fmt::format("train: the loss is not finite in epoch {} (the steps diverge); "
                                             "lower train.{}.learning_rate from {}",
                                             epoch, quantised ? "quant" : "fp", config.learning_rate));
  }
}

}  // namespace

AccuracyPredictor fit_network(space::SearchSpace const& space, std::vector<h5::Row> const& rows, std::vector<double> const& labels,
                              TrainConfig const& settings, FitConfig const& config, AccuracyPredictor const* transfer_from,
                              std::uint64_t seed) {
  space::Encoding const encoding(space);
  bool const quantised = have_bits(space, rows);
  auto const scaling = scaling_of(labels);
  auto const targets = scaled_targets(labels, scaling);
  auto basis = input_basis(space, settings.basis);
  basis.bits = basis.bits * settings.bit_gain;

  MlpStart start{settings.hidden, seed};
  checkpoint::StateDict transferred;
  if (transfer_from != nullptr) {
    transferred = weights_to_start_from(*transfer_from, quantised, settings.zero_init, seed);
    start = {transfer_from->model().hidden, seed, &transferred};
  }
  TrainableMlp network(one_hot_inputs(encoding, rows), basis, quantised, start, scaling);
  auto const& values = network.parameters().values;
  // A transfer keeps the order of the architectures but starts at the mean of the new labels:
  // quantised networks are less accurate as a whole, and learning that through all layers would
  // spoil what they know.
  if (transfer_from != nullptr) network.start_at_mean(targets);
  descend(network, targets, Adam(transfer_from != nullptr ? values.clone() : at::zeros_like(values)), config, quantised, seed);
  return AccuracyPredictor::Model::wrap(encoding, network.weights(scaling));
}

}  // namespace apq::train
