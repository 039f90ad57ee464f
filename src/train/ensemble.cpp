#include "train/ensemble.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <string>

#include <ATen/ATen.h>

#include "common/core/random.hpp"
#include "train/input_basis.hpp"
#include "train/network_fit.hpp"
#include "train/predictor_model.hpp"
#include "train/row_inputs.hpp"
#include "train/row_split.hpp"

namespace apq::train {

AccuracyPredictor join_ensemble(space::Encoding const& encoding, LinearPart const& linear, std::vector<AccuracyPredictor> const& members,
                                double share) {
  double const unit = std::max(linear.weight.abs().max().item<double>(), 1e-6);
  double const shift = linear.weight.abs().sum().item<double>() / unit + 1;
  auto const one = at::ones({1, 1});
  auto const weight = (linear.weight / unit).to(at::kFloat).unsqueeze(0);
  auto const architecture_size = encoding.architecture_size();
  std::map<std::string, std::vector<at::Tensor>> parts{{"layers.0.0.weight", {weight.narrow(1, 0, architecture_size)}},
                                                       {"layers.0.0.bias", {at::full({1}, shift, at::kFloat)}},
                                                       {"layers.1.0.weight", {one}},
                                                       {"layers.1.0.bias", {at::zeros({1})}},
                                                       {"layers.2.0.weight", {one}},
                                                       {"layers.2.0.bias", {at::zeros({1})}},
                                                       {"regressor.weight", {one * unit}}};
  if (weight.size(1) > architecture_size) {
    parts["quantize_fc.weight"] = {weight.slice(1, architecture_size)};
    parts["quantize_fc.bias"] = {at::zeros({1})};
  }
  double bias = linear.bias - shift * unit;
  for (auto const& member : members)
    for (auto const& [name, tensor] : member.model().weights) {
      double const factor = share / static_cast<double>(members.size());
      if (name == "regressor.bias") bias += factor * tensor.item<double>();
      else parts.at(name).push_back(name == "regressor.weight" ? tensor * factor : tensor);
    }
  checkpoint::StateDict weights{{"regressor.bias", at::full({1}, bias, at::kFloat)}};
  for (auto const& [name, tensors] : parts)
    weights[name] = name == "layers.1.0.weight" || name == "layers.2.0.weight" ? at::block_diag(tensors)
                                                                               : at::cat(tensors, name == "regressor.weight" ? 1 : 0);
  return AccuracyPredictor::Model::wrap(encoding, std::move(weights));
}

AccuracyPredictor fit_ensemble(space::SearchSpace const& space, std::vector<h5::Row> const& rows, std::vector<double> const& labels,
                               TrainConfig const& settings, FitConfig const& config, std::uint64_t seed) {
  space::Encoding const encoding(space);
  auto inputs = one_hot_inputs(encoding, rows);
  auto const matrices = input_basis(space, settings.basis);
  auto basis = matrices.architecture;
  if (have_bits(space, rows)) basis = at::block_diag({basis, matrices.bits});
  else inputs = inputs.narrow(1, 0, encoding.architecture_size());
  auto const linear = fit_linear_part(inputs, basis, labels);
  auto const num_members = static_cast<std::size_t>(settings.members);
  auto const fold = fold_of_rows(rows, num_members, seed);
  std::vector<AccuracyPredictor> members;
  double both = 0, own = 0;  // sums of prediction x error and of prediction^2 over the folds left out
  int hidden_left = settings.hidden - 1;
  for (std::size_t m = 0; m < num_members; ++m) {
    auto of_member = settings;
    of_member.hidden = hidden_left / static_cast<int>(num_members - m);
    hidden_left -= of_member.hidden;
    std::vector<h5::Row> training, left_out;
    std::vector<double> remainder, truth;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      (fold[i] == m ? left_out : training).push_back(rows[i]);
      (fold[i] == m ? truth : remainder).push_back(linear.left_out_errors[i]);
    }
    auto const member_seed = RandomStream(seed, "train.fit.member", m).next_u64();
    members.push_back(fit_network(space, training, remainder, of_member, config, nullptr, member_seed));
    auto const predicted = members.back().predict(genes_of(left_out));
    for (std::size_t i = 0; i < truth.size(); ++i) {
      both += predicted[i] * truth[i];
      own += predicted[i] * predicted[i];
    }
  }
  return join_ensemble(encoding, linear, members, own > 0 ? std::clamp(both / own, 0.0, 1.0) : 0.0);
}

}  // namespace apq::train
