#include "train/fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>

#include <fmt/format.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "common/core/error.hpp"
#include "train/input_basis.hpp"
#include "train/kernel_teacher.hpp"
#include "train/predictor_model.hpp"
#include "train/row_split.hpp"

namespace apq::train {
namespace {

/// Intra-op threads of LibTorch for a scope: sums must not depend on how many there are.
class SingleThread {
 public:
  SingleThread() : before_(at::get_num_threads()) { at::set_num_threads(1); }
  ~SingleThread() { at::set_num_threads(before_); }
  SingleThread(SingleThread const&) = delete;
  SingleThread& operator=(SingleThread const&) = delete;

 private:
  int before_;
};

at::Tensor normal(std::vector<std::int64_t> const& shape, double deviation, std::uint64_t seed, std::uint64_t index) {
  auto tensor = at::empty(shape);
  RandomStream random(seed, "train.fit.init", index);
  auto* const values = tensor.data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) values[i] = static_cast<float>(deviation * random.normal());
  return tensor;
}

/// A linear layer y = base + z Wt' + b on fixed inputs z [rows, coordinates]; W and b are trained,
/// `base` is what a transfer brought along.
struct InputLayer {
  at::Tensor basis;        ///< [coordinates, one-hot inputs]
  at::Tensor coordinates;  ///< [rows, coordinates], centred
  at::Tensor mean;         ///< [coordinates]
  at::Tensor initial;      ///< [hidden, one-hot inputs]
  at::Tensor base;         ///< [rows, hidden]

  InputLayer(at::Tensor const& one_hot, at::Tensor const& the_basis, at::Tensor const& the_initial)
      : basis(the_basis),
        coordinates(one_hot.mm(the_basis.t())),
        mean(coordinates.mean(0)),
        initial(the_initial),
        base(one_hot.mm(the_initial.t())) {
    coordinates -= mean;
  }
  std::int64_t size() const { return coordinates.size(1); }
  /// He et al. (ICCV 2015), for the inputs at hand.
  double deviation() const {
    double const norm = coordinates.square().sum(1).mean().item<double>();
    return std::sqrt(2 / std::max(norm, 1e-6));
  }
  at::Tensor folded_weight(at::Tensor const& weight) const { return initial + weight.mm(basis); }
  at::Tensor folded_bias(at::Tensor const& weight, at::Tensor const& bias) const { return bias - weight.mv(mean); }
};

/// Parameters as views into one buffer, so that the optimiser is one pass over it.
class Parameters {
 public:
  void add(std::string const& name, at::Tensor const& initial) { initial_.emplace_back(name, initial); }
  void finish() {
    std::int64_t size = 0;
    for (auto const& [name, tensor] : initial_) size += tensor.numel();
    value_buffer = at::empty({size});
    gradient_buffer = at::zeros({size});
    std::int64_t at = 0;
    for (auto const& [name, tensor] : initial_) {
      values[name] = value_buffer.narrow(0, at, tensor.numel()).view(tensor.sizes());
      gradients[name] = gradient_buffer.narrow(0, at, tensor.numel()).view(tensor.sizes());
      values[name].copy_(tensor);
      at += tensor.numel();
    }
  }
  std::map<std::string, at::Tensor> values, gradients;
  at::Tensor value_buffer, gradient_buffer;

 private:
  std::vector<std::pair<std::string, at::Tensor>> initial_;
};

/// Adam (Kingma & Ba, ICLR 2015) with decoupled weight decay (Loshchilov & Hutter, ICLR 2019)
/// towards `anchor`: zero for fresh weights, for transferred ones what they were (L2-SP, Li et al., ICML
/// 2018), so that few rows do not wash out what many have taught.
class Adam {
 public:
  explicit Adam(at::Tensor anchor) : anchor_(std::move(anchor)), first_(at::zeros_like(anchor_)), second_(at::zeros_like(anchor_)) {}

  void step(at::Tensor& values, at::Tensor const& gradients, double learning_rate, double weight_decay) {
    ++steps_;
    constexpr float beta1 = 0.9F, beta2 = 0.999F, epsilon = 1e-8F;
    auto const rate = static_cast<float>(learning_rate / (1 - std::pow(beta1, steps_)));
    auto const scale = static_cast<float>(1 / (1 - std::pow(beta2, steps_)));
    auto const shrink = static_cast<float>(learning_rate * weight_decay);
    float* const x = values.data_ptr<float>();
    float const* const g = gradients.data_ptr<float>();
    float* const m = first_.data_ptr<float>();
    float* const v = second_.data_ptr<float>();
    float const* const a = anchor_.data_ptr<float>();
    for (std::int64_t i = 0, n = values.numel(); i < n; ++i) {
      m[i] = beta1 * m[i] + (1 - beta1) * g[i];
      v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
      x[i] -= rate * m[i] / (std::sqrt(v[i] * scale) + epsilon) + shrink * (x[i] - a[i]);
    }
  }

 private:
  at::Tensor anchor_, first_, second_;
  int steps_ = 0;
};

at::Tensor one_hot(space::Encoding const& encoding, std::vector<h5::Row> const& rows) {
  auto result = at::zeros({static_cast<std::int64_t>(rows.size()), encoding.full_size()});
  auto values = result.accessor<float, 2>();
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (int const one : encoding.ones(rows[i].genes)) values[static_cast<std::int64_t>(i)][one] = 1;
  return result;
}

}  // namespace

AccuracyPredictor add_bit_branch(AccuracyPredictor const& full_precision, bool zero_init, std::uint64_t seed) {
  auto const& model = full_precision.model();
  if (model.quantised) throw Error(Errc::internal, "transfer: the predictor has a bit branch already");
  auto weights = model.weights;
  AccuracyPredictor const fresh(model.encoding, true, seed, model.hidden);
  for (char const* name : {"quantize_fc.weight", "quantize_fc.bias"}) {
    auto const& tensor = fresh.model().weights.at(name);
    weights[name] = zero_init ? at::zeros_like(tensor) : tensor;
  }
  return AccuracyPredictor::Model::wrap(model.encoding, std::move(weights));
}

namespace {

/// One network. @param labels  [rows], what it is to predict.
AccuracyPredictor fit_one(space::SearchSpace const& space, std::vector<h5::Row> const& rows, std::vector<double> const& labels,
                          TrainConfig const& settings, FitConfig const& config, AccuracyPredictor const* transfer_from,
                          std::uint64_t seed) {
  space::Encoding const encoding(space);
  auto const n = static_cast<std::int64_t>(rows.size());
  bool const quantised = n > 0 && static_cast<int>(rows[0].genes.size()) == space.num_genes();
  bool const transfer = transfer_from != nullptr;
  int hidden = settings.hidden;
  auto const bit_size = encoding.full_size() - encoding.architecture_size();

  // Targets of mean 0 and variance 1; the last layer takes it back at the end.
  double const mean = std::accumulate(labels.begin(), labels.end(), 0.0) / static_cast<double>(n);
  double variance = 0;
  for (double const label : labels) variance += (label - mean) * (label - mean) / static_cast<double>(n);
  double const scale = std::max(std::sqrt(variance), 1e-4);
  auto targets = at::empty({n, 1});
  for (std::int64_t i = 0; i < n; ++i) targets[i][0] = (labels[static_cast<std::size_t>(i)] - mean) / scale;

  checkpoint::StateDict initial;
  if (transfer) {
    bool const lacks_bits = quantised && !transfer_from->is_quantised();
    initial = lacks_bits ? add_bit_branch(*transfer_from, settings.zero_init, seed).model().weights : transfer_from->model().weights;
    hidden = transfer_from->model().hidden;
  }
  auto const zeros = [&](std::int64_t inputs) { return at::zeros({hidden, inputs}); };
  auto const matrices = input_basis(space, settings.basis);
  auto const inputs = one_hot(encoding, rows);
  InputLayer const first(inputs.narrow(1, 0, encoding.architecture_size()), matrices.architecture,
                         transfer ? initial.at("layers.0.0.weight") : zeros(encoding.architecture_size()));
  InputLayer const bits(inputs.narrow(1, encoding.architecture_size(), bit_size), matrices.bits * settings.bit_gain,
                        transfer && quantised ? initial.at("quantize_fc.weight") : zeros(bit_size));

  Parameters p;
  double const inner = std::sqrt(2.0 / hidden);
  auto const from = [&](char const* name, at::Tensor const& fresh) { return transfer ? initial.at(name) : fresh; };
  p.add("u", transfer ? zeros(first.size()) : normal({hidden, first.size()}, first.deviation(), seed, 0));
  p.add("b1", from("layers.0.0.bias", at::zeros({hidden})));
  p.add("w2", from("layers.1.0.weight", normal({hidden, hidden}, inner, seed, 1)));
  p.add("b2", from("layers.1.0.bias", at::zeros({hidden})));
  p.add("w3", from("layers.2.0.weight", normal({hidden, hidden}, inner, seed, 2)));
  p.add("b3", from("layers.2.0.bias", at::zeros({hidden})));
  p.add("r", transfer ? initial.at("regressor.weight") / scale : at::zeros({1, hidden}));
  p.add("c", transfer ? (initial.at("regressor.bias") - mean) / scale : at::zeros({1}));
  if (quantised) {
    p.add("q", transfer ? zeros(bits.size()) : normal({hidden, bits.size()}, bits.deviation(), seed, 3));
    p.add("bq", from("quantize_fc.bias", at::zeros({hidden})));
  }
  p.finish();
  auto& v = p.values;
  auto& g = p.gradients;

  /// Of the rows named; the bit branch joins h1 after its ReLU (spec A8).
  struct Activations {
    at::Tensor z, zq, s1, h1, h2, h3, y;
  };
  auto const forward_pass = [&](at::Tensor const& which) {
    Activations a;
    a.z = first.coordinates.index_select(0, which);
    a.s1 = at::addmm(v["b1"], a.z, v["u"].t()).add_(first.base.index_select(0, which)).relu_();
    a.h1 = a.s1;
    if (quantised) {
      a.zq = bits.coordinates.index_select(0, which);
      a.h1 = at::addmm(v["bq"], a.zq, v["q"].t()).add_(bits.base.index_select(0, which)).add_(a.s1);
    }
    a.h2 = at::addmm(v["b2"], a.h1, v["w2"].t()).relu_();
    a.h3 = at::addmm(v["b3"], a.h2, v["w3"].t()).relu_();
    a.y = at::addmm(v["c"], a.h3, v["r"].t());  // [rows, 1]
    return a;
  };
  // A transfer keeps the order of the architectures but starts at the mean of the new labels:
  // quantised networks are less accurate as a whole, and learning that through all layers would
  // spoil what they know.
  if (transfer) v["c"] -= forward_pass(at::arange(n)).y.sub(targets).mean();

  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::int64_t const batch = std::min<std::int64_t>(config.batch, n);
  std::int64_t const steps_per_epoch = (n + batch - 1) / batch;
  double const total_steps = static_cast<double>(steps_per_epoch) * config.epochs;
  Adam adam(transfer ? p.value_buffer.clone() : at::zeros_like(p.value_buffer));
  double step = 0;
  for (int epoch = 0; epoch < config.epochs; ++epoch) {
    RandomStream(seed, "train.fit.order", static_cast<std::uint64_t>(epoch)).shuffle(std::span(order));
    double loss = 0;
    for (std::int64_t begin = 0; begin < n; begin += batch, ++step) {
      auto const size = std::min(batch, n - begin);
      auto const which = at::from_blob(order.data() + begin, {size}, at::kLong);
      auto const a = forward_pass(which);
      auto const error = a.y - targets.index_select(0, which);
      loss += error.square().sum().item<double>();
      // Gradients of the mean squared error.
      auto const dy = error * (2.0 / static_cast<double>(size));
      at::mm_out(g["r"], dy.t(), a.h3);
      at::sum_out(g["c"], dy, 0);
      auto const d3 = dy.mm(v["r"]).mul_(a.h3 > 0);
      at::mm_out(g["w3"], d3.t(), a.h2);
      at::sum_out(g["b3"], d3, 0);
      auto const d2 = d3.mm(v["w3"]).mul_(a.h2 > 0);
      at::mm_out(g["w2"], d2.t(), a.h1);
      at::sum_out(g["b2"], d2, 0);
      auto const d1 = d2.mm(v["w2"]);
      if (quantised) {
        at::mm_out(g["q"], d1.t(), a.zq);
        at::sum_out(g["bq"], d1, 0);
      }
      auto const d0 = d1 * (a.s1 > 0);
      at::mm_out(g["u"], d0.t(), a.z);
      at::sum_out(g["b1"], d0, 0);
      adam.step(p.value_buffer, p.gradient_buffer, config.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * step / total_steps)),
                config.weight_decay);
    }
    if (!std::isfinite(loss))
      throw Error(Errc::numeric, fmt::format("train: the loss is not finite in epoch {} (the steps diverge); "
                                             "lower train.{}.learning_rate from {}",
                                             epoch, quantised ? "quant" : "fp", config.learning_rate));
  }

  checkpoint::StateDict weights;
  weights["layers.0.0.weight"] = first.folded_weight(v["u"]);
  weights["layers.0.0.bias"] = first.folded_bias(v["u"], v["b1"]);
  weights["layers.1.0.weight"] = v["w2"].clone();
  weights["layers.1.0.bias"] = v["b2"].clone();
  weights["layers.2.0.weight"] = v["w3"].clone();
  weights["layers.2.0.bias"] = v["b3"].clone();
  weights["regressor.weight"] = v["r"] * scale;
  weights["regressor.bias"] = v["c"] * scale + mean;
  if (quantised) {
    weights["quantize_fc.weight"] = bits.folded_weight(v["q"]);
    weights["quantize_fc.bias"] = bits.folded_bias(v["q"], v["bq"]);
  }
  return AccuracyPredictor::Model::wrap(encoding, std::move(weights));
}

/// A linear function of the one-hot encoding of architectures, and how far off it is on each training row when
/// fitted without that row.
struct Linear {
  at::Tensor weight;  ///< float64 [one-hot inputs]
  double bias = 0;
  std::vector<double> left_out_errors;  ///< label minus prediction
};

/// Ridge regression in the coordinates of the basis; the penalty is the one with the least left-out error (PRESS,
/// Allen, Technometrics 16(1), 1974), for which no refit is needed.
Linear fit_linear(at::Tensor const& one_hot_rows, at::Tensor const& basis, std::vector<double> const& labels) {
  auto const to_onehot = basis.to(at::kDouble).t();
  auto z = one_hot_rows.to(at::kDouble).mm(to_onehot);
  auto const n = z.size(0);
  auto const mean = z.mean(0);
  z -= mean;
  auto y = at::empty({n}, at::kDouble);
  std::copy(labels.begin(), labels.end(), y.data_ptr<double>());
  double const label_mean = y.mean().item<double>();
  y -= label_mean;
  auto const [values, vectors] = at::linalg_eigh(z.t().mm(z));
  auto const spectrum = values.clamp_min(0);
  auto const projected = z.mm(vectors);          // [rows, coordinates]
  auto const correlation = projected.t().mv(y);  // [coordinates]
  double const norm = std::max(z.square().sum(1).mean().item<double>(), 1e-9);
  double least = std::numeric_limits<double>::infinity();
  at::Tensor best, errors;
  for (double exponent = -3.5; exponent <= 1.5; exponent += 0.25) {
    auto const damped = spectrum + std::pow(10.0, exponent) * norm;
    auto const coefficients = correlation / damped;
    auto const leverage = (projected.square() / damped).sum(1) + 1.0 / static_cast<double>(n);
    auto const left_out = (y - projected.mv(coefficients)) / (1 - leverage).clamp_min(1e-3);
    double const error = left_out.square().mean().item<double>();
    if (error >= least) continue;
    least = error;
    best = coefficients;
    errors = left_out.contiguous();
  }
  if (!best.defined()) throw Error(Errc::numeric, "train: the linear part has no finite error; are the accuracies finite?");
  auto const weight = vectors.mv(best);
  return {to_onehot.mv(weight), label_mean - mean.dot(weight).item<double>(), {errors.data_ptr<double>(), errors.data_ptr<double>() + n}};
}

/// `linear` plus `share` times the mean of the members, as one network: hidden units side by side, none of a member's
/// connected to another's. The linear part is one unit, shifted so far up that no ReLU cuts it.
AccuracyPredictor join(space::Encoding const& encoding, Linear const& linear, std::vector<AccuracyPredictor> const& members, double share) {
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

/// A linear part, and networks for what it leaves. Each network is fitted without one fold of the rows; how well
/// the folds are predicted decides how much of the networks is added.
AccuracyPredictor fit_ensemble(space::SearchSpace const& space, std::vector<h5::Row> const& rows, std::vector<double> const& labels,
                               TrainConfig const& settings, FitConfig const& config, std::uint64_t seed) {
  space::Encoding const encoding(space);
  auto inputs = one_hot(encoding, rows);
  auto const matrices = input_basis(space, settings.basis);
  auto basis = matrices.architecture;
  if (static_cast<int>(rows[0].genes.size()) == space.num_genes()) basis = at::block_diag({basis, matrices.bits});
  else inputs = inputs.narrow(1, 0, encoding.architecture_size());
  auto const linear = fit_linear(inputs, basis, labels);
  auto const num_members = static_cast<std::size_t>(settings.members);
  std::vector<std::size_t> fold(rows.size());
  for (std::size_t i = 0; i < fold.size(); ++i) fold[i] = i % num_members;
  RandomStream(seed, "train.fit.folds").shuffle(std::span(fold));
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
    members.push_back(fit_one(space, training, remainder, of_member, config, nullptr, member_seed));
    auto const predicted = members.back().predict(genes_of(left_out));
    for (std::size_t i = 0; i < truth.size(); ++i) {
      both += predicted[i] * truth[i];
      own += predicted[i] * predicted[i];
    }
  }
  return join(encoding, linear, members, own > 0 ? std::clamp(both / own, 0.0, 1.0) : 0.0);
}

/// A network taught by a KernelTeacher of `rows`, on random subnets beside them. What it knows of pairs of genes comes from the
/// teacher, whose labels have no noise and cost nothing; so it is fitted closely, with hardly any decay.
AccuracyPredictor fit_student(space::SearchSpace const& space, std::vector<h5::Row> const& rows, TrainConfig const& settings,
                              AccuracyPredictor const* prior, std::uint64_t seed) {
  bool const quantised = static_cast<int>(rows[0].genes.size()) == space.num_genes();
  KernelTeacher const teacher(space, rows, accuracies(rows), prior, seed);
  auto lessons = rows;
  int const fresh = quantised ? settings.student_rows / 2 : settings.student_rows;
  for (int i = 0; i < fresh; ++i) {
    RandomStream random(seed, "train.student.genes", static_cast<std::uint64_t>(i));
    h5::Row row;
    row.genes = space::random_genes(space, random, quantised);
    if (space.num_size_genes() > 0 && i % 2 == 0) {  // tables have few of the sizes
      auto const size = static_cast<std::size_t>(space::GeneLayout(space).image_size());
      row.genes[size] = rows[static_cast<std::size_t>(i) % rows.size()].genes[size];
    }
    lessons.push_back(std::move(row));
  }
  auto of_student = settings;
  of_student.members = std::min(4, settings.hidden - 1);
  of_student.bit_gain = 1;
  if (prior != nullptr) of_student.hidden = prior->model().hidden;
  return fit_ensemble(space, lessons, teacher.predict(genes_of(lessons)), of_student, settings.student, seed);
}

}  // namespace

AccuracyPredictor fit(space::SearchSpace const& space, std::vector<h5::Row> const& rows, TrainConfig const& settings,
                      FitConfig const& config, AccuracyPredictor const* transfer_from, std::uint64_t seed) {
  SingleThread const single_thread;
  at::NoGradGuard const no_grad;
  constexpr std::size_t rows_per_fold = 10;
  bool const can_be_taught = rows.size() >= min_training && rows.size() <= KernelTeacher::max_rows && settings.hidden > 8;
  bool const has_prior = transfer_from != nullptr && !transfer_from->is_quantised();
  if (settings.teacher == Teacher::kernel && can_be_taught && (transfer_from == nullptr || has_prior))
    return fit_student(space, rows, settings, transfer_from, seed);
  bool const full_precision = !rows.empty() && static_cast<int>(rows[0].genes.size()) == space.num_architecture_genes();
  if (transfer_from == nullptr && full_precision && settings.members > 1 && settings.hidden > settings.members &&
      rows.size() >= rows_per_fold * static_cast<std::size_t>(settings.members))
    return fit_ensemble(space, rows, accuracies(rows), settings, config, seed);
  return fit_one(space, rows, accuracies(rows), settings, config, transfer_from, seed);
}

}  // namespace apq::train
