#include "train/trainable_mlp.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "train/predictor_model.hpp"
#include "train/row_inputs.hpp"
#include "train/row_split.hpp"
#include "train/transfer.hpp"
#include "unit/train/synthetic_rows.hpp"

using namespace apq;
using namespace apq::train;

namespace {

/// Parameter by parameter, in double precision: backward() against central differences of the mean squared error.
void expect_gradients(TrainableMlp& network, at::Tensor const& targets) {
  auto const all = at::arange(targets.size(0));
  auto const loss = [&] { return (network.forward(all).y - targets).square().mean().item<double>(); };
  auto const activations = network.forward(all);
  network.backward(activations, (activations.y - targets) * (2.0 / static_cast<double>(targets.size(0))));
  auto& parameters = network.parameters();
  auto const gradients = parameters.gradients.clone();
  double* const values = parameters.values.data_ptr<double>();
  constexpr double step = 1e-6;
  double largest = 0;
  for (std::int64_t i = 0; i < gradients.numel(); ++i) {
    double const before = values[i];
    values[i] = before + step;
    double const above = loss();
    values[i] = before - step;
    double const below = loss();
    values[i] = before;
    double const numeric = (above - below) / (2 * step), by_hand = gradients[i].item<double>();
    EXPECT_NEAR(by_hand, numeric, 1e-7 + 1e-5 * std::abs(numeric)) << "parameter " << i;
    largest = std::max(largest, std::abs(by_hand));
  }
  EXPECT_GT(largest, 1e-3);  // else nothing was tested
}

struct Case {
  space::SearchSpace space = test::synthetic_space();
  space::Encoding encoding{space};
  BasisMatrices basis = input_basis(space, InputBasis::ordinal);
  std::vector<h5::Row> rows;
  at::Tensor inputs, targets;
  TargetScaling scaling;

  explicit Case(std::string const& stage) : rows(test::synthetic_rows(space, stage, 12, 1)) {
    inputs = one_hot_inputs(encoding, rows).to(at::kDouble);
    scaling = scaling_of(accuracies(rows));
    targets = scaled_targets(accuracies(rows), scaling).to(at::kDouble);
  }
};

// A ReLU right at its corner has no derivative; fresh biases of zero on sums of other numbers are not there.
TEST(TrainableMlp, GradientsOfAFreshNetwork) {
  for (std::string const stage : {"fp", "quant"}) {
    Case const c(stage);
    TrainableMlp network(c.inputs, c.basis, stage == "quant", {5, 3}, c.scaling);
    // The last layer starts at zero, and no gradient passes it.
    network.parameters().values.add_(at::arange(network.parameters().values.numel(), at::kDouble).sin() * 0.1);
    expect_gradients(network, c.targets);
  }
}

TEST(TrainableMlp, GradientsOfATransfer) {
  Case const c("quant");
  AccuracyPredictor const fp(c.encoding, false, 7, 6);
  auto const weights = weights_to_start_from(fp, true, false, 8);
  TrainableMlp network(c.inputs, c.basis, true, {6, 3, &weights}, c.scaling);
  network.start_at_mean(c.targets);
  expect_gradients(network, c.targets);
}

TEST(TrainableMlp, TransferStartsWithWhatItWasAndIsSavedSo) {
  Case const c("quant");
  AccuracyPredictor const quantised(c.encoding, true, 7, 6);
  auto const& weights = quantised.model().weights;
  TrainableMlp const network(c.inputs, c.basis, true, {6, 3, &weights}, c.scaling);
  auto const predicted = quantised.predict(genes_of(c.rows));
  auto const outputs = network.forward(at::arange(12)).y;
  auto const saved = network.weights(c.scaling);
  ASSERT_EQ(saved.size(), weights.size());
  for (std::size_t i = 0; i < predicted.size(); ++i)
    EXPECT_NEAR(c.scaling.mean + c.scaling.scale * outputs[static_cast<std::int64_t>(i)].item<double>(), predicted[i], 1e-5);
  for (auto const& [name, tensor] : saved) EXPECT_TRUE(at::allclose(tensor.to(at::kFloat), weights.at(name), 1e-4, 1e-5)) << name;
}

// What is trained in coordinates of a basis is saved as the same function of one-hot inputs.
TEST(TrainableMlp, FoldedWeightsGiveTheSameOutputs) {
  for (std::string const stage : {"fp", "quant"}) {
    Case const c(stage);
    TrainableMlp network(c.inputs.to(at::kFloat), c.basis, stage == "quant", {5, 3}, c.scaling);
    network.parameters().values.add_(at::arange(network.parameters().values.numel(), at::kFloat).sin() * 0.1);
    auto const outputs = network.forward(at::arange(12)).y;
    auto const predicted = AccuracyPredictor::Model::wrap(c.encoding, network.weights(c.scaling)).predict(genes_of(c.rows));
    for (std::size_t i = 0; i < predicted.size(); ++i)
      EXPECT_NEAR(predicted[i], c.scaling.mean + c.scaling.scale * outputs[static_cast<std::int64_t>(i)].item<double>(), 1e-6);
  }
}

TEST(TrainableMlp, StartsAtTheMeanOfTheTargets) {
  Case const c("fp");
  AccuracyPredictor const fp(c.encoding, false, 7, 6);
  auto const weights = weights_to_start_from(fp, false, true, 8);
  TrainableMlp network(c.inputs, c.basis, false, {6, 3, &weights}, c.scaling);
  network.start_at_mean(c.targets + 2);
  EXPECT_NEAR(network.forward(at::arange(12)).y.mean().item<double>(), 2, 1e-6);
}

TEST(TrainableMlp, RowsAreThoseNamed) {
  Case const c("quant");
  TrainableMlp network(c.inputs, c.basis, true, {5, 3}, c.scaling);
  network.parameters().values.add_(0.1);
  auto const some = network.forward(at::tensor({7, 2}, at::kLong)).y, all = network.forward(at::arange(12)).y;
  EXPECT_NEAR(some[0].item<double>(), all[7].item<double>(), 1e-12);
  EXPECT_NEAR(some[1].item<double>(), all[2].item<double>(), 1e-12);
}

}  // namespace
