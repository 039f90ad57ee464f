#include "collect/table_scale.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace apq::collect {
namespace {

std::vector<LinedAccuracy> lined(std::vector<double> const& values) {
  std::vector<LinedAccuracy> accuracies;
  for (double const value : values) accuracies.push_back({accuracies.size() + 2, {value, false}});
  return accuracies;
}

std::string fault_of(UnitFinding const& unit) {
  return unit.fault ? std::to_string(unit.fault->line) + ": " + unit.fault->problem : "clear";
}

TEST(TableScale, UnitByContent) {
  auto const unit = [](std::vector<double> const& values) { return unit_of(lined(values), AccuracyUnit::by_content, false); };
  EXPECT_FALSE(unit({0.7, 1, 0}).percent);
  EXPECT_EQ(fault_of(unit({0.7, 1, 0})), "clear");
  EXPECT_TRUE(unit({70.1, 0, 100}).percent);
  EXPECT_EQ(fault_of(unit({70.1, 0, 100})), "clear");
  EXPECT_EQ(fault_of(unit({70.1, 75.6, 0.756}))
                .find("4: the accuracy 0.756 stands beside 70.1 of line 2, fractions and percent in one column: "
                      "0.756 can be 0.756 % or 75.6 %; --unit percent or --unit fraction"),
            0u);
  EXPECT_EQ(fault_of(unit({0.7, 0.6, 70.1})).substr(0, 21), "4: the accuracy 70.1 ");
  EXPECT_EQ(fault_of(unit({0.7, 70.1})).substr(0, 21), "3: the accuracy 70.1 ");
}

TEST(TableScale, WhatSettlesTheUnit) {
  auto const mixed = lined({70.1, 0.1});
  EXPECT_EQ(fault_of(unit_of(mixed, AccuracyUnit::percent, false)), "clear");
  EXPECT_TRUE(unit_of(mixed, AccuracyUnit::percent, false).percent);
  EXPECT_EQ(fault_of(unit_of(mixed, AccuracyUnit::by_content, true)), "clear");  // a column of percent may hold 0.1 %
  EXPECT_NE(fault_of(unit_of(lined({0.7, 0.8}), AccuracyUnit::by_content, true))
                .find("2: the accuracy's column says percent, but no accuracy is above 1: 0.7 can be 0.7 % or 70 %"),
            std::string::npos);
  EXPECT_EQ(fault_of(unit_of(lined({0.7, 0.8}), AccuracyUnit::fraction, true)), "clear");
  auto signs = lined({0.5, 0.7});
  for (auto& accuracy : signs) accuracy.written.percent_sign = true;
  EXPECT_TRUE(unit_of(signs, AccuracyUnit::by_content, false).percent);
  EXPECT_NE(fault_of(unit_of(signs, AccuracyUnit::fraction, false)).find("has a percent sign"), std::string::npos);
  signs[1].written.percent_sign = false;
  EXPECT_NE(
      fault_of(unit_of(signs, AccuracyUnit::by_content, false)).find("3: the accuracy 0.7 has no percent sign, that of line 2 has one"),
      std::string::npos);
}

TEST(TableScale, Rounding) {
  EXPECT_DOUBLE_EQ(rounding_of(lined({0.7, 0.69296}), false), 0.5e-5);
  EXPECT_DOUBLE_EQ(rounding_of(lined({70, 69.2}), true), 0.5e-3);
  EXPECT_DOUBLE_EQ(rounding_of(lined({static_cast<float>(0.69296)}), false), 2.5e-7);
  EXPECT_DOUBLE_EQ(rounding_of(lined({2.5e-05}), false), 0.5e-6);
}

TEST(TableScale, NumbersOfImagesThatFit) {
  std::vector<RoundedFraction> exact, rounded;
  for (int i = 0; i < 30; ++i) {
    double const fraction = (300 + 37 * i * i % 901) / 1250.0;
    exact.push_back({std::round(fraction * 1e4) / 1e4, 0.5e-4});
    rounded.push_back({std::round(fraction * 100) / 100, 0.5e-2});
  }
  auto const all_fit = [](auto const& fractions, std::uint32_t images) {
    return std::all_of(fractions.begin(), fractions.end(), [&](auto const& f) { return fits(f, images); });
  };
  EXPECT_TRUE(all_fit(exact, 1250));
  EXPECT_TRUE(all_fit(exact, 2500));
  for (std::uint32_t const images : {100, 1000, 1249, 1251}) EXPECT_FALSE(all_fit(exact, images)) << images;
  EXPECT_TRUE(all_fit(exact, 10000)) << "what four decimals cannot tell apart";
  EXPECT_EQ(least_fit(exact), 1250u);
  EXPECT_TRUE(all_fit(rounded, 1250));
  EXPECT_TRUE(all_fit(rounded, 100));
  EXPECT_FALSE(all_fit(rounded, 30));
  EXPECT_EQ(least_fit(rounded), 0u) << "whole percents fit 100 images and more";
}

TEST(TableScale, ManyAlmostEqualAccuraciesAreSearchedAsOne) {
  // Every even number of images fits all but the last: each would be compared with all of them.
  std::vector<double> fractions(200'000, 0.5);
  for (std::size_t i = 0; i < fractions.size(); ++i) fractions[i] += static_cast<double>(i % 1000) * 1e-13;
  for (int i = 0; i < 25; ++i) fractions.push_back((i * i * 7919 + 1) % 49998 / 49998.0);
  EXPECT_EQ(images_from_grid(fractions), 49998u);
}

}  // namespace
}  // namespace apq::collect
