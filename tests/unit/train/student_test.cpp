#include "train/student.hpp"

#include <set>

#include <gtest/gtest.h>

#include "train/predictor_model.hpp"
#include "train/row_split.hpp"
#include "unit/train/synthetic_rows.hpp"

using namespace apq;
using namespace apq::train;

namespace {

TEST(Student, LessonsAreTheRowsAndRandomSubnetsOfTheirKind) {
  auto const space = test::synthetic_space();
  TrainConfig config;
  config.student_rows = 101;
  for (std::string const stage : {"fp", "quant"}) {
    auto const rows = test::synthetic_rows(space, stage, 10, 1);
    auto const taught = lessons(space, rows, config, 1);
    ASSERT_EQ(taught.size(), 10u + (stage == "fp" ? 101u : 50u));
    for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(taught[i].genes, rows[i].genes);
    for (auto const& row : taught) EXPECT_EQ(row.genes.size(), rows[0].genes.size());
    EXPECT_EQ(taught[10].total, 0u);
    EXPECT_EQ(genes_of(taught), genes_of(lessons(space, rows, config, 1)));
    EXPECT_NE(genes_of(taught), genes_of(lessons(space, rows, config, 2)));
    EXPECT_GT(num_subnets(taught), taught.size() * 3 / 4);
  }
}

TEST(Student, IsAsWideAsItsPrior) {
  auto const space = test::synthetic_space();
  TrainConfig config;
  config.hidden = 20;
  config.student_rows = 100;
  config.student.epochs = 1;
  auto const fp = fit_student(space, test::synthetic_rows(space, "fp", 20, 1), config, nullptr, 1);
  EXPECT_EQ(fp.model().hidden, 20);
  EXPECT_FALSE(fp.is_quantised());
  config.hidden = 30;
  auto const quantised = fit_student(space, test::synthetic_rows(space, "quant", 20, 1), config, &fp, 1);
  EXPECT_EQ(quantised.model().hidden, 20);
  EXPECT_TRUE(quantised.is_quantised());
}

}  // namespace
