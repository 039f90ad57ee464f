#include "train/trainable_mlp.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "common/core/random.hpp"

namespace apq::train {
namespace {

/// Which of the random streams of a seed a matrix is drawn from.
enum class Drawn : std::uint64_t { first, second, third, bit_branch };

at::Tensor normal(std::vector<std::int64_t> const& shape, double deviation, std::uint64_t seed, Drawn which) {
  auto tensor = at::empty(shape, at::kFloat);
  RandomStream random(seed, "train.fit.init", static_cast<std::uint64_t>(which));
  auto* const values = tensor.data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) values[i] = static_cast<float>(deviation * random.normal());
  return tensor;
}

/// `name` of a transfer; zeros for a fresh network.
at::Tensor transferred_or_zeros(MlpStart const& start, char const* name, std::vector<std::int64_t> const& shape, at::ScalarType type) {
  return start.transferred ? start.transferred->at(name).to(type) : at::zeros(shape, type);
}

InputLayer inputs_of(at::Tensor const& one_hot, at::Tensor const& basis, MlpStart const& start, char const* name) {
  return {one_hot, basis.to(one_hot.scalar_type()),
          transferred_or_zeros(start, name, {start.hidden, one_hot.size(1)}, one_hot.scalar_type())};
}

}  // namespace

TrainableMlp::TrainableMlp(at::Tensor const& one_hot, BasisMatrices const& basis, bool quantised, MlpStart const& start,
                           TargetScaling const& scaling)
    : architecture_(inputs_of(one_hot.narrow(1, 0, basis.architecture.size(1)), basis.architecture, start, "layers.0.0.weight")) {
  auto const type = one_hot.scalar_type();
  std::int64_t const hidden = start.hidden;
  auto const matrix = [&](char const* name, Drawn which) {
    return start.transferred ? start.transferred->at(name).to(type)
                             : normal({hidden, hidden}, std::sqrt(2.0 / static_cast<double>(hidden)), start.seed, which).to(type);
  };
  // What a transfer brought along is InputLayer::initial; to that the trained matrix adds.
  auto const input_matrix = [&](InputLayer const& inputs, Drawn which) {
    return start.transferred ? at::zeros({hidden, inputs.size()}, type)
                             : normal({hidden, inputs.size()}, inputs.deviation(), start.seed, which).to(type);
  };
  auto const bias = [&](char const* name) { return transferred_or_zeros(start, name, {hidden}, type); };
  OutputLayer output{at::zeros({1, hidden}, type), at::zeros({1}, type)};
  if (start.transferred)
    output = to_targets({start.transferred->at("regressor.weight").to(type), start.transferred->at("regressor.bias").to(type)}, scaling);
  buffer_.add(first_, input_matrix(architecture_, Drawn::first), bias("layers.0.0.bias"));
  buffer_.add(second_, matrix("layers.1.0.weight", Drawn::second), bias("layers.1.0.bias"));
  buffer_.add(third_, matrix("layers.2.0.weight", Drawn::third), bias("layers.2.0.bias"));
  buffer_.add(output_, output.weight, output.bias);
  if (quantised) {
    bits_ = inputs_of(one_hot.slice(1, basis.architecture.size(1)), basis.bits, start, "quantize_fc.weight");
    buffer_.add(bit_branch_, input_matrix(*bits_, Drawn::bit_branch), bias("quantize_fc.bias"));
  }
  buffer_.seat();
}

TrainableMlp::Activations TrainableMlp::forward(at::Tensor const& which) const {
  Activations a;
  a.z = architecture_.coordinates.index_select(0, which);
  a.s1 = first_.forward(a.z).add_(architecture_.base.index_select(0, which)).relu_();
  a.h1 = a.s1;
  if (bits_) {
    a.z_bits = bits_->coordinates.index_select(0, which);
    a.h1 = bit_branch_.forward(a.z_bits).add_(bits_->base.index_select(0, which)).add_(a.s1);
  }
  a.h2 = second_.forward(a.h1).relu_();
  a.h3 = third_.forward(a.h2).relu_();
  a.y = output_.forward(a.h3);
  return a;
}

void TrainableMlp::backward(Activations const& a, at::Tensor const& dy) {
  output_.backward(dy, a.h3);
  auto const d3 = relu_gradient(output_.input_gradient(dy), a.h3);
  third_.backward(d3, a.h2);
  auto const d2 = relu_gradient(third_.input_gradient(d3), a.h2);
  second_.backward(d2, a.h1);
  auto const d1 = second_.input_gradient(d2);
  if (bits_) bit_branch_.backward(d1, a.z_bits);
  first_.backward(relu_gradient(d1, a.s1), a.z);
}

void TrainableMlp::start_at_mean(at::Tensor const& targets) { output_.bias -= forward(at::arange(targets.size(0))).y.sub(targets).mean(); }

checkpoint::StateDict TrainableMlp::weights(TargetScaling const& scaling) const {
  auto const output = to_labels({output_.weight, output_.bias}, scaling);
  checkpoint::StateDict weights{{"layers.0.0.weight", architecture_.folded_weight(first_)},
                                {"layers.0.0.bias", architecture_.folded_bias(first_)},
                                {"layers.1.0.weight", second_.weight.clone()},
                                {"layers.1.0.bias", second_.bias.clone()},
                                {"layers.2.0.weight", third_.weight.clone()},
                                {"layers.2.0.bias", third_.bias.clone()},
                                {"regressor.weight", output.weight},
                                {"regressor.bias", output.bias}};
  if (bits_) {
    weights["quantize_fc.weight"] = bits_->folded_weight(bit_branch_);
    weights["quantize_fc.bias"] = bits_->folded_bias(bit_branch_);
  }
  return weights;
}

}  // namespace apq::train
