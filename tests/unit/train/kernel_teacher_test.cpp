#include "train/kernel_teacher.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "train/fit.hpp"
#include "train/metrics.hpp"
#include "train/predictor_model.hpp"
#include "train/row_split.hpp"
#include "unit/train/synthetic_rows.hpp"

using namespace apq;
using namespace apq::train;

namespace {

double tau(std::vector<double> const& predicted, std::vector<h5::Row> const& rows) { return kendall_tau_b(predicted, accuracies(rows)); }

TrainConfig taught() {
  TrainConfig config;
  config.hidden = 100;
  config.teacher = Teacher::kernel;
  config.student_rows = 1500;
  config.fp.epochs = config.quant.epochs = 30;
  return config;
}

TEST(KernelTeacher, FindsALawOfPairsOfGenes) {
  auto const space = test::synthetic_space();
  space::GeneLayout const layout(space);
  auto const rows_of = [&](std::uint64_t seed) {
    auto rows = test::synthetic_rows(space, "fp", 300, seed);
    for (auto& row : rows) {
      // Blocks 0, 3 and 6 are always active; kernels and widths matter only together.
      auto const kernel = [&](int b) { return row.genes[static_cast<std::size_t>(layout.kernel(b))] - 2.0; };
      row.total = 1'000'000;
      row.correct = static_cast<std::uint32_t>(700'000 + 10'000 * (kernel(0) * kernel(3) + kernel(3) * kernel(6) + 0.3 * kernel(6)));
    }
    return rows;
  };
  auto const rows = rows_of(1), fresh = rows_of(2);
  KernelTeacher const teacher(space, rows, accuracies(rows), nullptr, 1);
  EXPECT_LT(rmse_points(teacher.predict(genes_of(fresh)), accuracies(fresh)), 0.1);  // the labels deviate by 1 point
}

TEST(KernelTeacher, OffsetsOfRunsAreNotTheGenesDoing) {
  auto const space = test::synthetic_space();
  auto const clean = test::synthetic_rows(space, "fp", 240, 1), fresh = test::synthetic_rows(space, "fp", 400, 2);
  auto runs = clean, mixed = clean;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i].correct += i / 60 % 2 == 0 ? 30 : 0;    // 1.5 points, by turns of 60 rows
    mixed[i].correct += i * 7919 % 4 < 2 ? 30 : 0;  // as much, but in no order
  }
  auto const tau_of = [&](std::vector<h5::Row> const& rows) {
    return tau(KernelTeacher(space, rows, accuracies(rows), nullptr, 1).predict(genes_of(fresh)), fresh);
  };
  double const without = tau_of(clean), with = tau_of(runs), hidden = tau_of(mixed);
  EXPECT_GT(with, without - 0.03);
  EXPECT_GT(with, hidden + 0.05);
}

TEST(KernelTeacher, RepeatsToTheBitAndRefusesWhatIsNotFinite) {
  auto const space = test::synthetic_space();
  auto const rows = test::synthetic_rows(space, "quant", 60, 1);
  auto const genes = genes_of(test::synthetic_rows(space, "quant", 30, 2));
  auto labels = accuracies(rows);
  EXPECT_EQ(KernelTeacher(space, rows, labels, nullptr, 3).predict(genes), KernelTeacher(space, rows, labels, nullptr, 3).predict(genes));
  labels[5] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(KernelTeacher(space, rows, labels, nullptr, 3), Error);
}

TEST(KernelTeacher, OneRowAndEqualLabelsGiveTheirMean) {
  auto const space = test::synthetic_space();
  auto const genes = genes_of(test::synthetic_rows(space, "quant", 20, 2));
  for (std::size_t const n : {1, 12}) {
    auto rows = test::synthetic_rows(space, "quant", n, 1);
    for (auto& row : rows) row.correct = 1500;
    for (double const value : KernelTeacher(space, rows, accuracies(rows), nullptr, 1).predict(genes)) EXPECT_NEAR(value, 0.75, 1e-3);
  }
}

TEST(KernelTeacher, TheStudentPredictsAsTheTeacherDoes) {
  auto const space = test::synthetic_space();
  auto const rows = test::synthetic_rows(space, "fp", 300, 1), fresh = test::synthetic_rows(space, "fp", 400, 2);
  auto const teacher = KernelTeacher(space, rows, accuracies(rows), nullptr, 1).predict(genes_of(fresh));
  auto const student = fit(space, rows, taught(), taught().fp, nullptr, 1);
  EXPECT_EQ(student.model().hidden, 100);
  auto const predicted = student.predict(genes_of(fresh));
  EXPECT_GT(kendall_tau_b(predicted, teacher), 0.9);
  EXPECT_EQ(predicted, fit(space, rows, taught(), taught().fp, nullptr, 1).predict(genes_of(fresh)));
  auto alone = taught();
  alone.teacher = Teacher::none;
  EXPECT_GT(tau(predicted, fresh), tau(fit(space, rows, alone, alone.fp, nullptr, 1).predict(genes_of(fresh)), fresh));
}

TEST(KernelTeacher, AStudentOfQuantisedRowsHasTheBitBranchAndTheWidthOfItsPrior) {
  auto const space = test::synthetic_space();
  auto config = taught();
  auto const fp = fit(space, test::synthetic_rows(space, "fp", 100, 1), config, config.fp, nullptr, 1);
  config.hidden = 60;
  auto const rows = test::synthetic_rows(space, "quant", 100, 1);
  auto const transfer = fit(space, rows, config, config.quant, &fp, 1), scratch = fit(space, rows, config, config.quant, nullptr, 1);
  EXPECT_TRUE(transfer.is_quantised());
  EXPECT_TRUE(scratch.is_quantised());
  EXPECT_EQ(transfer.model().hidden, 100);
  EXPECT_EQ(scratch.model().hidden, 60);
  auto const fresh = test::synthetic_rows(space, "quant", 300, 2);
  auto const teacher = KernelTeacher(space, rows, accuracies(rows), &fp, 1).predict(genes_of(fresh));
  EXPECT_GT(kendall_tau_b(transfer.predict(genes_of(fresh)), teacher), 0.8);
  EXPECT_GT(tau(scratch.predict(genes_of(fresh)), fresh), 0.3);
}

}  // namespace
