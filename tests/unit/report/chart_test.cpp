#include "report/chart.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "report/axis.hpp"
#include "report/text.hpp"

namespace apq::report {
namespace {

TEST(ReportAxis, LinearTicksAreRoundAndInside) {
  auto const ticks = linear_ticks(87.3, 92.9, 5);
  ASSERT_GE(ticks.size(), 3u);
  for (auto const& tick : ticks) {
    EXPECT_GE(tick.value, 87.3);
    EXPECT_LE(tick.value, 92.9);
  }
  EXPECT_EQ(ticks.front().label, "88");
}

TEST(ReportAxis, LinearTicksKeepTheDecimalsOfTheirStep) {
  auto const ticks = linear_ticks(0, 0.1, 4);
  EXPECT_EQ(ticks[0].label, "0.000");
  EXPECT_EQ(ticks[1].label, "0.025");
}

TEST(ReportAxis, NoTicksWithoutARange) {
  EXPECT_TRUE(linear_ticks(1, 1, 5).empty());
  EXPECT_TRUE(log_ticks(0, 10).empty());
  EXPECT_TRUE(log_ticks(-1, 10).empty());
}

TEST(ReportAxis, LogTicks) {
  auto const ticks = log_ticks(1, 100);
  ASSERT_EQ(ticks.size(), 7u);
  EXPECT_EQ(ticks[1].label, "2");
  EXPECT_EQ(ticks.back().label, "100");
  EXPECT_EQ(log_ticks(1, 1e6).size(), 7u);
}

TEST(ReportAxis, ScaleMapsEndsToPixels) {
  Scale const up{10, 20, 300, 100};
  EXPECT_DOUBLE_EQ(up(10), 300);
  EXPECT_DOUBLE_EQ(up(15), 200);
  Scale const logarithmic{1, 100, 0, 200, true};
  EXPECT_NEAR(logarithmic(10), 100, 1e-9);
}

TEST(ReportAxis, PaddingGivesASingleValueRoom) {
  auto const range = padded({3, 3}, 0.05);
  EXPECT_LT(range.low, 3);
  EXPECT_GT(range.high, 3);
}

Chart small_chart() {
  Chart chart;
  chart.name = "small";
  chart.description = "a < b & c";
  chart.x.title = "latency (ms)";
  chart.y.title = "accuracy, %";
  chart.series = {{"dots", Form::dots, Tone::quiet, {{1, 90}, {2, 91, 90.5, 91.5, "91 %"}}},
                  {"front", Form::step, Tone::blue, {{1, 90.5}, {2, 91.5}}}};
  chart.limits = {1.5};
  return chart;
}

TEST(ReportChart, InlineSvgEscapesAndHasEverySeries) {
  auto const svg = inline_svg(small_chart(), {500, 300});
  EXPECT_NE(svg.find("a &lt; b &amp; c"), std::string::npos);
  EXPECT_NE(svg.find(">dots</text>"), std::string::npos);
  EXPECT_NE(svg.find(">front</text>"), std::string::npos);
  EXPECT_NE(svg.find(">limit</text>"), std::string::npos);
  EXPECT_NE(svg.find(">91 %</text>"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(ReportChart, StandaloneSvgCarriesItsStyleForLightAndDark) {
  auto const svg = standalone_svg(small_chart(), {500, 300});
  EXPECT_NE(svg.find("xmlns=\"http://www.w3.org/2000/svg\""), std::string::npos);
  EXPECT_NE(svg.find("prefers-color-scheme:dark"), std::string::npos);
}

TEST(ReportChart, CsvHasAllPointsAndQuotesCommas) {
  EXPECT_EQ(csv_of(small_chart()),
            "series,latency (ms),\"accuracy, %\",low,high,label\n"
            "dots,1,90,,,\n"
            "dots,2,91,90.5,91.5,91 %\n"
            "front,1,90.5,,,\n"
            "front,2,91.5,,,\n");
}

TEST(ReportChart, ManyDotsBecomeOnePathAndTheCsvKeepsThemAll) {
  auto chart = small_chart();
  chart.series[0].points.clear();
  for (int i = 0; i < 50'000; ++i) chart.series[0].points.push_back({1.0 + i, 90});
  EXPECT_LT(inline_svg(chart, {500, 300}).size(), 600'000u);
  auto const csv = csv_of(chart);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 50'003);
}

TEST(ReportChart, EmptyChartIsStillDrawn) { EXPECT_NE(inline_svg(Chart{}, {500, 300}).find("</svg>"), std::string::npos); }

TEST(ReportText, Figures) {
  EXPECT_EQ(figure(0.09514), "0.0951");
  EXPECT_EQ(figure(123456), "123456");
  EXPECT_EQ(figure(0), "0");
  EXPECT_EQ(figure(std::nan("")), "unknown");
  EXPECT_EQ(escaped("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
  EXPECT_EQ(grouped(1234567), "1\u202f234\u202f567");
  EXPECT_EQ(grouped(12), "12");
  EXPECT_EQ(duration(250), "4 min 10 s");
  EXPECT_EQ(duration(7500), "2 h 05 min");
}

TEST(ReportText, MetricsChooseReadableUnits) {
  EXPECT_EQ(metric_text(cost::Metric::bitops, 2e8).axis(), "BitOps (M)");
  EXPECT_EQ(metric_text(cost::Metric::bitops, 2e10).axis(), "BitOps (G)");
  EXPECT_EQ(metric_text(cost::Metric::latency_ms, 8).shown(8.4), "8.40\u202fms");
}

}  // namespace
}  // namespace apq::report
