#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "common/h5/shard.hpp"
#include "common/space/search_space.hpp"
#include "train/accuracy_predictor.hpp"

namespace apq::train {

/// Gaussian process regression (Rasmussen & Williams, MIT Press 2006, ch. 2 and 5) of accuracies on genes, for at most
/// `max_rows` rows: exact where a network would have to be tuned, but too slow for a search, so a network is then taught
/// by it (fit.hpp).
///
/// The kernel is a sum whose variances maximise the evidence. Its terms are linear functions of the genes: which blocks are active,
/// how large a kernel or a width is (-1 to 1), each choice for itself, sums over a stage and over the network, the image size, and
/// likewise bit widths; and products of two: image size x architecture, architecture x architecture, bits x architecture,
/// bits x bits. So what blocks have in common, and what pairs of genes do, is learnt as far as the rows tell it.
///
/// One term is not of the genes: an offset that drifts along the rows' ids (Ornstein-Uhlenbeck, length a quarter of their
/// range). A published table can be several runs in a row, each a little off (in MIT_OFA.jsonl residuals jump three times, by up to
/// 0.65 points); without the term that would pass for the genes' doing. A prediction has the offset's mean. Where rows have no drift, the
/// evidence says so.
class KernelTeacher {
 public:
  static constexpr std::size_t max_rows = 4000;  ///< memory 8 n^2 bytes x 3, time n^3

  /// Local, a pure function of its arguments; sums do not depend on the number of ranks.
  /// @param rows    1 to max_rows, all of them with bits or all without
  /// @param labels  [rows], accuracies in [0, 1]
  /// @param prior   null, or the full-precision predictor of quantised rows' architectures: the process is then of what they
  ///                lose against it, and may scale it.
  /// @throws Error(numeric) when a label is not finite.
  KernelTeacher(space::SearchSpace const& space, std::vector<h5::Row> const& rows, std::vector<double> const& labels,
                AccuracyPredictor const* prior, std::uint64_t seed);

  /// Posterior mean, [genes], accuracies in [0, 1].
  std::vector<double> predict(std::span<space::Genes const> genes) const;

  /// left(x) . left(x') times right(x) . right(x'), where left(x) = map x - mean; an undefined `right` is 1.
  struct Term {
    at::Tensor left, left_mean, right, right_mean;  ///< float64 [features, inputs], [features]
    double variance = 1;
  };

 private:
  at::Tensor inputs(std::span<space::Genes const> genes) const;

  space::SearchSpace const& space_;
  AccuracyPredictor const* prior_;
  double prior_mean_ = 0, prior_scale_ = 1, label_mean_ = 0, label_scale_ = 1;
  std::vector<Term> terms_;
  at::Tensor rows_;   ///< float64 [rows, inputs]
  at::Tensor alpha_;  ///< float64 [rows]
  double offset_ = 0;
};

}  // namespace apq::train
