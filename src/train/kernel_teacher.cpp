#include "train/kernel_teacher.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>

#include "common/core/error.hpp"
#include "common/core/random.hpp"
#include "common/core/stop_request.hpp"
#include "common/space/encoding.hpp"
#include "train/input_basis.hpp"

namespace apq::train {
namespace {

using Term = KernelTeacher::Term;

constexpr std::size_t evidence_rows = 800;  // that the variances are chosen by
constexpr int evidence_steps = 40;
constexpr double evidence_rate = 0.25;
constexpr double prior_deviation = 2.5;  // of a variance's logarithm: few rows do not tell twenty variances apart
constexpr double constant_variance = 4;  // of the mean, in variances of the labels

/// Matrices that take an encoding to features of one kind.
struct Features {
  at::Tensor active, kernels, widths, sizes, kernel_choices, width_choices, stage_sums, totals;
  std::vector<at::Tensor> bits;  ///< per role
  at::Tensor bit_choices, bit_totals;
};

at::Tensor sums_of_stages(space::SearchSpace const& space, at::Tensor const& per_block) {
  std::vector<at::Tensor> sums;
  for (auto const& stage : space.stages) sums.push_back(per_block.narrow(0, stage.first_block, stage.num_blocks).sum(0));
  return at::stack(sums);
}

/// Rows of the ordinal basis by kind, over all `inputs` columns.
Features features_of(space::SearchSpace const& space, bool quantised, std::int64_t inputs) {
  auto const matrices = input_basis(space, InputBasis::ordinal);
  auto const blocks = static_cast<std::int64_t>(space.num_blocks());
  std::int64_t first_input = 0;
  auto const widen = [&](at::Tensor const& rows) {
    auto wide = at::zeros({rows.size(0), inputs}, at::kDouble);
    wide.narrow(1, first_input, rows.size(1)).copy_(rows);
    return wide;
  };
  auto const ones = [](at::Tensor const& m, std::int64_t first, std::int64_t n) { return m.slice(0, 2 * first, 2 * (first + n), 2); };
  auto const slopes = [](at::Tensor const& m, std::int64_t first, std::int64_t n) {
    return m.slice(0, 2 * first + 1, 2 * (first + n) + 1, 2);
  };
  Features f;
  auto const& a = matrices.architecture;
  std::int64_t const genes = 2 * blocks + space.num_size_genes(), choices = 2 * genes;
  std::int64_t num_kernels = 0, num_widths = 0;
  for (auto const& block : space.blocks) {
    num_kernels += static_cast<std::int64_t>(block.kernels.size());
    num_widths += static_cast<std::int64_t>(block.middle_channels.size());
  }
  f.active = widen(ones(a, 0, blocks));
  f.kernels = widen(slopes(a, 0, blocks));
  f.widths = widen(slopes(a, blocks, blocks));
  f.kernel_choices = widen(a.narrow(0, choices, num_kernels));
  f.width_choices = widen(a.narrow(0, choices + num_kernels, num_widths));
  f.stage_sums = at::cat({sums_of_stages(space, f.kernels), sums_of_stages(space, f.widths)});
  f.totals = at::stack({f.active.sum(0), f.kernels.sum(0), f.widths.sum(0)});
  if (space.num_size_genes() > 0)
    f.sizes = at::cat({widen(slopes(a, 2 * blocks, 1)),
                       widen(a.narrow(0, choices + num_kernels + num_widths, static_cast<std::int64_t>(space.image_sizes.size())))});
  if (!quantised) return f;
  first_input = a.size(1);
  auto const& b = matrices.bits;
  std::vector<at::Tensor> totals;
  for (std::int64_t role = 0; role < space::num_roles; ++role) {
    f.bits.push_back(widen(slopes(b, role * blocks, blocks)));
    totals.push_back(f.bits.back().sum(0));
  }
  f.bit_totals = at::stack(totals);
  f.bit_choices = widen(b.slice(0, 2 * space::num_roles * blocks));
  return f;
}

/// `map` scaled so that its centred features have a mean square sum of 1 over the rows x.
struct Scaled {
  at::Tensor map, mean;
};
Scaled scaled(at::Tensor const& map, at::Tensor const& x) {
  auto const features = x.mm(map.t());
  auto const mean = features.mean(0);
  double const norm = (features - mean).square().sum(1).mean().item<double>();
  double const factor = norm > 1e-9 ? 1 / std::sqrt(norm) : 0;  // features that never change say nothing
  return {map * factor, mean * factor};
}

std::vector<Term> terms_of(Features const& f, at::Tensor const& x, bool with_prior) {
  std::vector<Term> terms;
  auto const linear = [&](at::Tensor const& map) {
    auto const left = scaled(map, x);
    terms.push_back({left.map, left.mean, {}, {}});
    return left;
  };
  auto const product = [&](Scaled const& left, Scaled const& right) { terms.push_back({left.map, left.mean, right.map, right.mean}); };
  auto const join = [](std::vector<Scaled> const& parts) {
    std::vector<at::Tensor> maps, means;
    for (auto const& part : parts) maps.push_back(part.map), means.push_back(part.mean);
    double const factor = 1 / std::sqrt(static_cast<double>(parts.size()));
    return Scaled{at::cat(maps) * factor, at::cat(means) * factor};
  };
  std::vector<Scaled> const architecture{linear(f.active), linear(f.kernels), linear(f.widths)};
  for (auto const* map : {&f.kernel_choices, &f.width_choices, &f.stage_sums, &f.totals}) linear(*map);
  auto const all = join(architecture);
  product(all, all);
  if (f.sizes.defined()) {
    auto const sizes = linear(f.sizes);
    for (auto const& part : architecture) product(sizes, part);
  }
  if (!f.bits.empty()) {
    std::vector<Scaled> roles;
    for (auto const& role : f.bits) roles.push_back(linear(role));
    linear(f.bit_choices);
    linear(f.bit_totals);
    auto const bits = join(roles);
    product(bits, bits);
    product(bits, all);
  }
  if (with_prior) {
    auto own = at::zeros({1, x.size(1)}, at::kDouble);
    own.select(1, x.size(1) - 1).fill_(1);
    linear(own);
  }
  return terms;
}

/// [rows of x, rows of y], without the term's variance.
at::Tensor kernel(Term const& term, at::Tensor const& x, at::Tensor const& y) {
  auto const features = [](at::Tensor const& map, at::Tensor const& mean, at::Tensor const& of) { return of.mm(map.t()) - mean; };
  auto k = features(term.left, term.left_mean, x).mm(features(term.left, term.left_mean, y).t());
  if (term.right.defined()) k *= features(term.right, term.right_mean, x).mm(features(term.right, term.right_mean, y).t());
  return k;
}

/// Ornstein-Uhlenbeck process of variance 1 along the ids [rows].
at::Tensor drift_kernel(at::Tensor const& ids) {
  double const length = std::max((ids.max() - ids.min()).item<double>() / 4, 1.0);
  return (-(ids.unsqueeze(1) - ids.unsqueeze(0)).abs() / length).exp();
}

/// Variances of the matrices, then of the noise, that maximise the evidence of y, by Adam in their logarithms (a log-normal prior
/// holds those that y says nothing about). Gradients: Rasmussen & Williams, eq. 5.9.
std::vector<double> variances_by_evidence(std::vector<at::Tensor> const& kernels, at::Tensor const& y) {
  auto const count = kernels.size() + 1;
  double const start = std::log(1.0 / static_cast<double>(count));
  std::vector<double> theta(count, start), first(count), second(count);
  auto const n = y.size(0);
  constexpr double beta1 = 0.8, beta2 = 0.95;
  for (int step = 1; step <= evidence_steps; ++step) {
    throw_if_stopping("train");
    double const rate = evidence_rate * std::min(1.0, 2.0 * (evidence_steps + 1 - step) / evidence_steps);
    auto covariance = at::full({n, n}, constant_variance, at::kDouble);
    for (std::size_t k = 0; k < kernels.size(); ++k) covariance.add_(kernels[k], std::exp(theta[k]));
    covariance.diagonal().add_(std::exp(theta.back()));
    auto const inverse = at::cholesky_inverse(at::linalg_cholesky(covariance));
    auto const alpha = inverse.mv(y);
    auto const slope = at::outer(alpha, alpha) - inverse;
    for (std::size_t k = 0; k < count; ++k) {
      double const sum = k < kernels.size() ? slope.view({-1}).dot(kernels[k].view({-1})).item<double>() : slope.trace().item<double>();
      double const gradient = 0.5 * std::exp(theta[k]) * sum - (theta[k] - start) / (prior_deviation * prior_deviation);
      first[k] = beta1 * first[k] + (1 - beta1) * gradient;
      second[k] = beta2 * second[k] + (1 - beta2) * gradient * gradient;
      double const change = first[k] / (1 - std::pow(beta1, step)) / (std::sqrt(second[k] / (1 - std::pow(beta2, step))) + 1e-9);
      theta[k] = std::clamp(theta[k] + rate * change, std::log(1e-6), std::log(1e3));
    }
  }
  for (auto& t : theta) t = std::exp(t);
  return theta;
}

}  // namespace

at::Tensor KernelTeacher::inputs(std::span<space::Genes const> genes) const {
  space::Encoding const encoding(space_);
  auto const n = static_cast<std::int64_t>(genes.size());
  auto result = at::zeros({n, encoding.full_size() + 1}, at::kDouble);  // last the prior's prediction
  auto values = result.accessor<double, 2>();
  std::vector<double> expected;
  if (prior_ != nullptr) {
    auto const architecture = static_cast<std::size_t>(space_.num_architecture_genes());
    std::vector<space::Genes> architectures;
    for (auto const& one : genes) architectures.emplace_back(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(architecture));
    expected = prior_->predict(architectures);
  }
  for (std::int64_t i = 0; i < n; ++i) {
    for (int const one : encoding.ones(genes[static_cast<std::size_t>(i)])) values[i][one] = 1;
    if (prior_ != nullptr) values[i][encoding.full_size()] = (expected[static_cast<std::size_t>(i)] - prior_mean_) / prior_scale_;
  }
  return result;
}

KernelTeacher::KernelTeacher(space::SearchSpace const& space, std::vector<h5::Row> const& rows, std::vector<double> const& labels,
                             AccuracyPredictor const* prior, std::uint64_t seed)
    : space_(space), prior_(prior) {
  auto const n = static_cast<std::int64_t>(rows.size());
  bool const quantised = static_cast<int>(rows.at(0).genes.size()) == space.num_genes();
  std::vector<space::Genes> genes;
  auto ids = at::empty({n}, at::kDouble), y = at::empty({n}, at::kDouble);
  for (std::int64_t i = 0; i < n; ++i) {
    genes.push_back(rows[static_cast<std::size_t>(i)].genes);
    ids.data_ptr<double>()[i] = static_cast<double>(rows[static_cast<std::size_t>(i)].id);
    y.data_ptr<double>()[i] = labels[static_cast<std::size_t>(i)];
  }
  if (!at::isfinite(y).all().item<bool>()) throw Error(Errc::numeric, "train: an accuracy is not finite");
  auto const deviation = [](at::Tensor const& t) { return std::max(t.var(false).sqrt().item<double>(), 1e-4); };
  rows_ = inputs(genes);
  if (prior != nullptr) {  // the process is of y - prior; its own last input may scale the prior
    auto const expected = rows_.select(1, rows_.size(1) - 1).clone();
    y -= expected;
    prior_mean_ = expected.mean().item<double>();
    prior_scale_ = deviation(expected);
    rows_.select(1, rows_.size(1) - 1).copy_((expected - prior_mean_) / prior_scale_);
  }
  label_mean_ = y.mean().item<double>();
  label_scale_ = deviation(y);
  y = (y - label_mean_) / label_scale_;
  terms_ = terms_of(features_of(space, quantised, rows_.size(1)), rows_, prior != nullptr);
  auto const drift = drift_kernel(ids);

  std::vector<std::int64_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  RandomStream(seed, "train.teacher.evidence").shuffle(std::span(order));
  order.resize(std::min(order.size(), evidence_rows));
  auto const some = at::tensor(order, at::kLong);
  std::vector<at::Tensor> kernels;
  auto const some_rows = rows_.index_select(0, some);
  for (auto const& term : terms_) kernels.push_back(kernel(term, some_rows, some_rows));
  kernels.push_back(drift.index_select(0, some).index_select(1, some));
  auto const variances = variances_by_evidence(kernels, y.index_select(0, some));

  double const drift_variance = variances[terms_.size()];
  auto covariance = drift * drift_variance + constant_variance;
  for (std::size_t k = 0; k < terms_.size(); ++k) {
    terms_[k].variance = variances[k];
    covariance.add_(kernel(terms_[k], rows_, rows_), variances[k]);
  }
  covariance.diagonal().add_(variances.back());
  alpha_ = at::cholesky_solve(y.unsqueeze(1), at::linalg_cholesky(covariance)).squeeze(1);
  offset_ = constant_variance * alpha_.sum().item<double>() + drift_variance * drift.mv(alpha_).mean().item<double>();
}

std::vector<double> KernelTeacher::predict(std::span<space::Genes const> genes) const {
  constexpr std::size_t at_once = 1024;
  std::vector<double> result;
  for (std::size_t first = 0; first < genes.size(); first += at_once) {
    throw_if_stopping("train");
    auto const x = inputs(genes.subspan(first, std::min(at_once, genes.size() - first)));
    auto mean = at::full({x.size(0)}, offset_, at::kDouble);
    for (auto const& term : terms_) mean.add_(kernel(term, x, rows_).mv(alpha_), term.variance);
    mean = mean * label_scale_ + label_mean_;
    if (prior_ != nullptr) mean += x.select(1, x.size(1) - 1) * prior_scale_ + prior_mean_;
    auto const* const values = mean.data_ptr<double>();
    result.insert(result.end(), values, values + mean.numel());
  }
  return result;
}

}  // namespace apq::train
