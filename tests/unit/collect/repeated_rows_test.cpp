#include "collect/repeated_rows.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace apq::collect {
namespace {

h5::Row row(std::uint8_t gene, std::uint32_t correct, std::uint32_t total = 1000) {
  h5::Row row;
  row.genes = {gene, 0};
  row.correct = row.correct5 = correct;
  row.total = total;
  return row;
}

// Three of subnet 1, one of 2, two of 3.
std::vector<h5::Row> rows() { return {row(1, 700), row(2, 600), row(1, 706), row(3, 500), row(1, 703), row(3, 500)}; }

std::vector<std::uint32_t> correct(SettledRows const& settled) {
  std::vector<std::uint32_t> result;
  for (auto const& r : settled.rows) result.push_back(r.correct);
  for (std::size_t i = 0; i < settled.rows.size(); ++i) EXPECT_EQ(settled.rows[i].id, i);
  EXPECT_EQ(settled.from.size(), settled.rows.size());
  return result;
}

TEST(RepeatedRows, Error) {
  auto const settled = settle_repeats(rows(), Repeats::error);
  ASSERT_EQ(settled.contradicting.size(), 2u);
  EXPECT_EQ(settled.contradicting[0].row, 2u);
  EXPECT_EQ(settled.contradicting[1].row, 4u);
  EXPECT_EQ(settled.contradicting[1].first, 0u);
  auto const agreeing = settle_repeats({row(3, 500), row(3, 500)}, Repeats::error);
  EXPECT_TRUE(agreeing.contradicting.empty());
  EXPECT_EQ(agreeing.num_left_out, 1u);
}

TEST(RepeatedRows, First) {
  auto const settled = settle_repeats(rows(), Repeats::first);
  EXPECT_TRUE(settled.contradicting.empty());
  EXPECT_EQ(correct(settled), (std::vector<std::uint32_t>{700, 600, 500}));
  EXPECT_EQ(settled.from, (std::vector<std::size_t>{0, 1, 3}));
  EXPECT_EQ(settled.num_left_out, 3u);
}

TEST(RepeatedRows, Mean) {
  auto const settled = settle_repeats(rows(), Repeats::mean);
  EXPECT_EQ(correct(settled), (std::vector<std::uint32_t>{703, 600, 500}));
  EXPECT_EQ(settled.rows[0].total, 1000u);
  auto const of_two_sizes = settle_repeats({row(1, 70, 100), row(1, 710)}, Repeats::mean);
  EXPECT_EQ(of_two_sizes.rows.at(0).correct, 705u);
  EXPECT_EQ(of_two_sizes.rows.at(0).total, 1000u);
}

TEST(RepeatedRows, All) {
  auto const settled = settle_repeats(rows(), Repeats::all);
  EXPECT_EQ(correct(settled), (std::vector<std::uint32_t>{700, 600, 706, 500, 703, 500}));
  EXPECT_EQ(settled.from, (std::vector<std::size_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(settled.num_left_out, 0u);
}

TEST(RepeatedRows, Noise) {
  // Deviations of subnet 1 in percent: -0.3, 0.3, 0; of subnet 3: 0, 0. Degrees of freedom 2 + 1.
  auto const noise = noise_of_repeats(rows());
  ASSERT_TRUE(noise);
  EXPECT_EQ(noise->subnets, 2u);
  EXPECT_EQ(noise->rows, 5u);
  EXPECT_NEAR(noise->deviation, std::sqrt(0.18 / 3), 1e-12);
  EXPECT_EQ(text_of(*noise), "2 subnets measured 5 times, standard deviation of a measurement 0.245 %");
  EXPECT_FALSE(noise_of_repeats({row(1, 700), row(2, 700)}));
  EXPECT_FALSE(noise_of_repeats({row(1, 0, 0), row(1, 700)}));
}

}  // namespace
}  // namespace apq::collect
