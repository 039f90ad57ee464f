#include "train/fit.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "common/core/error.hpp"
#include "train/input_basis.hpp"
#include "train/metrics.hpp"
#include "train/predictor_model.hpp"
#include "train/row_split.hpp"
#include "unit/train/synthetic_rows.hpp"

using namespace apq;
using namespace apq::train;

namespace {

TrainConfig quick() {
  TrainConfig config;
  config.hidden = 100;
  config.teacher = Teacher::none;
  config.fp.epochs = config.quant.epochs = 30;
  return config;
}

double tau(AccuracyPredictor const& predictor, std::vector<h5::Row> const& rows) {
  return kendall_tau_b(predictor.predict(genes_of(rows)), accuracies(rows));
}

TEST(TrainFit, LearnsAndRepeats) {
  auto const space = test::synthetic_space();
  auto const rows = test::synthetic_rows(space, "fp", 300, 1), fresh = test::synthetic_rows(space, "fp", 300, 2);
  auto const a = fit(space, rows, quick(), quick().fp, nullptr, 1), b = fit(space, rows, quick(), quick().fp, nullptr, 1);
  EXPECT_FALSE(a.is_quantised());
  EXPECT_EQ(a.predict(genes_of(fresh)), b.predict(genes_of(fresh)));
  EXPECT_GT(tau(a, fresh), 0.4);
  // In units of accuracy, not of the scaled targets.
  EXPECT_LT(rmse_points(a.predict(genes_of(fresh)), accuracies(fresh)), 1.0);
}

// Both bases are the same family of functions, saved in the same one-hot form; the ordinal one
// needs fewer rows.
TEST(TrainFit, OrdinalBasisNeedsFewerRows) {
  auto const space = test::synthetic_space();
  auto const fresh = test::synthetic_rows(space, "fp", 400, 99);
  auto one_hot = quick();
  one_hot.basis = InputBasis::one_hot;
  double ordinal_tau = 0, one_hot_tau = 0;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    auto const rows = test::synthetic_rows(space, "fp", 200, seed);
    ordinal_tau += tau(fit(space, rows, quick(), quick().fp, nullptr, seed), fresh) / 3;
    one_hot_tau += tau(fit(space, rows, one_hot, one_hot.fp, nullptr, seed), fresh) / 3;
  }
  EXPECT_GT(ordinal_tau, one_hot_tau);
}

// A linear part and four networks for what it leaves are one network of the asked width.
TEST(TrainFit, EnsembleIsOneNetwork) {
  auto const space = test::synthetic_space();
  auto const fresh = test::synthetic_rows(space, "fp", 300, 2);
  auto config = quick();
  config.members = 4;
  auto const rows = test::synthetic_rows(space, "fp", 300, 1);
  auto const a = fit(space, rows, config, config.fp, nullptr, 1), b = fit(space, rows, config, config.fp, nullptr, 1);
  EXPECT_EQ(a.model().hidden, config.hidden);
  EXPECT_EQ(a.predict(genes_of(fresh)), b.predict(genes_of(fresh)));
  EXPECT_GT(tau(a, fresh), 0.4);
  EXPECT_LT(rmse_points(a.predict(genes_of(fresh)), accuracies(fresh)), 1.0);
}

TEST(TrainFit, EnsembleFindsALinearLaw) {
  auto const space = test::synthetic_space();
  auto const linear = [&](std::uint64_t seed) {
    auto rows = test::synthetic_rows(space, "fp", 300, seed);
    for (auto& row : rows) {
      double sum = 0;
      for (std::size_t i = 0; i < static_cast<std::size_t>(2 * space.num_blocks()); ++i)
        sum += (1.0 + static_cast<double>(i % 3)) * row.genes[i];
      row.total = 1'000'000;
      row.correct = static_cast<std::uint32_t>(500'000 + 500 * sum);
    }
    return rows;
  };
  auto config = quick();
  config.members = 4;
  EXPECT_GT(tau(fit(space, linear(1), config, config.fp, nullptr, 1), linear(2)), 0.97);
}

TEST(TrainFit, TransferBeatsScratchAtFewRows) {
  auto const space = test::synthetic_space();
  auto const config = quick();
  auto const fresh = test::synthetic_rows(space, "quant", 500, 99);
  double transfer_tau = 0, scratch_tau = 0, transfer_rmse = 0, scratch_rmse = 0;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    auto const fp = fit(space, test::synthetic_rows(space, "fp", 400, seed), config, config.fp, nullptr, seed);
    auto const rows = test::synthetic_rows(space, "quant", 80, seed);
    auto const transfer = fit(space, rows, config, config.quant, &fp, seed),
               scratch = fit(space, rows, config, config.quant, nullptr, seed);
    EXPECT_TRUE(transfer.is_quantised());
    EXPECT_TRUE(scratch.is_quantised());
    transfer_tau += tau(transfer, fresh) / 4;
    scratch_tau += tau(scratch, fresh) / 4;
    transfer_rmse += rmse_points(transfer.predict(genes_of(fresh)), accuracies(fresh)) / 4;
    scratch_rmse += rmse_points(scratch.predict(genes_of(fresh)), accuracies(fresh)) / 4;
  }
  EXPECT_GT(transfer_tau, scratch_tau + 0.01);
  EXPECT_LT(transfer_rmse, scratch_rmse);
}

TEST(TrainFit, FewAndConstantRowsStayFinite) {
  auto const space = test::synthetic_space();
  auto rows = test::synthetic_rows(space, "quant", 3, 1);
  auto const genes = genes_of(test::synthetic_rows(space, "quant", 20, 2));
  for (double const value : fit(space, rows, quick(), quick().quant, nullptr, 1).predict(genes)) EXPECT_TRUE(std::isfinite(value));
  for (auto& row : rows) row.correct = 1500;
  for (double const value : fit(space, rows, quick(), quick().quant, nullptr, 1).predict(genes)) EXPECT_NEAR(value, 0.75, 0.01);
}

TEST(TrainFit, DivergenceIsAnErrorThatNamesTheRate) {
  auto const space = test::synthetic_space();
  auto config = quick();
  config.fp.learning_rate = 1;
  config.fp.weight_decay = 10;
  config.fp.epochs = 200;
  try {
    fit(space, test::synthetic_rows(space, "fp", 100, 1), config, config.fp, nullptr, 1);
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), Errc::numeric);
    EXPECT_NE(std::string(error.what()).find("train.fp.learning_rate"), std::string::npos);
  }
}

TEST(TrainFit, BasisHasTheSizeOfTheEncoding) {
  auto const space = test::synthetic_space();
  space::Encoding const encoding(space);
  for (auto const kind : {InputBasis::one_hot, InputBasis::ordinal}) {
    auto const basis = input_basis(space, kind);
    EXPECT_EQ(basis.architecture.size(1), encoding.architecture_size());
    EXPECT_EQ(basis.bits.size(1), encoding.full_size() - encoding.architecture_size());
  }
  // Ordinal: per gene a row of ones and a row from -1 to 1. An active gene has exactly one choice,
  // so the row of ones gives 1.
  auto const basis = input_basis(space, InputBasis::ordinal);
  EXPECT_EQ(basis.bits.slice(0, 0, 2).slice(1, 0, 3).sum().item<float>(), 3);
  EXPECT_EQ(basis.bits[1][0].item<float>(), -1);
  EXPECT_EQ(basis.bits[1][1].item<float>(), 0);
  EXPECT_EQ(basis.bits[1][2].item<float>(), 1);
}

}  // namespace
