#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "report/figures.hpp"
#include "report/judgement.hpp"
#include "report/report.hpp"
#include "report/sections.hpp"
#include "support/energy_run.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"
#include "unit/report/synthetic_study.hpp"

namespace apq::report {
namespace {

study::VerifiedNetwork network(std::uint64_t correct, std::uint64_t total, std::uint8_t gene = 1) {
  return {{gene}, {}, {correct, total}, {correct, total}};
}

TEST(ReportJudgement, ADifferenceWithinItsErrorIsNoWin) {
  auto const c = compare(network(9050, 10'000), network(9000, 10'000, 2));
  EXPECT_NEAR(c.difference, 0.5, 1e-9);
  EXPECT_GT(c.error, 0.5);
  EXPECT_EQ(c.verdict, Verdict::within_error);
}

TEST(ReportJudgement, LargeDifferencesCountBothWays) {
  EXPECT_EQ(compare(network(9200, 10'000), network(9000, 10'000, 2)).verdict, Verdict::better);
  EXPECT_EQ(compare(network(9000, 10'000), network(9200, 10'000, 2)).verdict, Verdict::worse);
}

TEST(ReportJudgement, PerfectScoresStillHaveAnError) {
  auto const c = compare(network(10, 10), network(9, 10, 2));
  EXPECT_GT(c.error, 10);
  EXPECT_EQ(c.verdict, Verdict::within_error);
}

TEST(ReportJudgement, TheSameGenesAreTheSameNetwork) {
  EXPECT_EQ(compare(network(9000, 10'000), network(9000, 10'000)).verdict, Verdict::same_network);
}

train::QuantReport gains(Estimate tau, Estimate rmse) {
  train::QuantReport report{};
  report.kendall_tau_difference = tau;
  report.rmse_points_difference = rmse;
  return report;
}

TEST(ReportTransfer, SentenceNeverClaimsMoreThanTheInterval) {
  auto const beats = transfer_sentence(gains({0.06, 0.02, 0.1}, {-0.2, -0.3, -0.1}));
  EXPECT_NE(beats.find("predictor beats"), std::string::npos);
  EXPECT_NE(beats.find("RMSE is better"), std::string::npos);
  auto const even = transfer_sentence(gains({0.06, -0.02, 0.14}, {-0.2, -0.5, 0.1}));
  EXPECT_NE(even.find("does not beat"), std::string::npos);
  EXPECT_NE(even.find("within its error"), std::string::npos);
  EXPECT_EQ(even.find("better"), std::string::npos);
  auto const loses = transfer_sentence(gains({-0.06, -0.1, -0.02}, {0.2, 0.1, 0.3}));
  EXPECT_NE(loses.find("loses to"), std::string::npos);
  EXPECT_NE(loses.find("RMSE is worse"), std::string::npos);
  double const nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(transfer_sentence(gains({nan, nan, nan}, {nan, nan, nan})).find("not computed"), std::string::npos);
}

class ReportStudy : public testing::Test {
 protected:
  ReportStudy()
      : space(space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml")), cost_model(space, {}), layout{dir / "study"} {}
  test::TempDir dir;
  space::SearchSpace space;
  cost::CostModel cost_model;
  StudyLayout layout;
  StudyIdentity identity{"synthetic <study>", 7, "study:\n  name: synthetic <study>\n"};
};

void expect_self_contained(std::string const& html) {
  for (auto const* forbidden : {"<script", "src=", "href=", "url(", "@import", "://"})
    EXPECT_EQ(html.find(forbidden), std::string::npos) << forbidden;
  for (auto const* broken : {">nan", "nan<", "\"nan", " nan", ">inf", " -nan"}) EXPECT_EQ(html.find(broken), std::string::npos) << broken;
}

TEST_F(ReportStudy, WholeStudyMakesOneSelfContainedPage) {
  test::write_synthetic_study(layout, space, cost_model);
  write_report(layout, identity, space, cost_model, {});
  auto const html = read_file(layout.report());
  expect_self_contained(html);
  EXPECT_EQ(html.find("class=\"missing\""), std::string::npos);
  EXPECT_NE(html.find("synthetic &lt;study&gt;"), std::string::npos);
  for (auto const* heading : {"Winners", "Accuracy against latency", "Uniform bit widths", "Labels", "Predicted against measured",
                              "Transfer against training from scratch", "Convergence of the search", "What it cost", "Where it comes from"})
    EXPECT_NE(html.find(std::string("<h2>") + heading + "</h2>"), std::string::npos) << heading;
  EXPECT_NE(html.find("declared 10 W per busy core"), std::string::npos);
  EXPECT_NE(html.find("IEA 2019"), std::string::npos);
  auto const uniform = html.find("W4A8");
  ASSERT_NE(uniform, std::string::npos);
  EXPECT_NE(html.find(">2.99<", uniform), std::string::npos);  // 9300 and 9001 of 10,000
  EXPECT_NE(html.find(load(layout, identity, space, cost_model, {}).quant.content_hash), std::string::npos);
}

TEST_F(ReportStudy, EveryFigureLiesBesideThePageAsSvgAndCsv) {
  test::write_synthetic_study(layout, space, cost_model);
  write_report(layout, identity, space, cost_model, {});
  for (auto const* name : {"front_latency_ms", "front_energy_mj", "front_bitops", "labels_fp", "labels_quant", "predicted_fp",
                           "predicted_transfer", "predicted_scratch", "transfer_rank", "transfer_error", "convergence"}) {
    EXPECT_NE(read_file(layout.figures() / (std::string(name) + ".svg")).find("</svg>"), std::string::npos) << name;
    EXPECT_GT(read_file(layout.figures() / (std::string(name) + ".csv")).size(), 60u) << name;
  }
}

TEST_F(ReportStudy, SearchedFrontOnlyRises) {
  test::write_synthetic_study(layout, space, cost_model);
  auto const inputs = load(layout, identity, space, cost_model, {});
  for (auto const metric : tradeoff_metrics(inputs)) {
    auto const chart = tradeoff(inputs, metric);
    ASSERT_TRUE(chart);
    auto const& front = chart->series[1].points;
    ASSERT_GT(front.size(), 2u);
    for (std::size_t i = 1; i < front.size(); ++i) {
      EXPECT_GE(front[i].x, front[i - 1].x);
      EXPECT_GT(front[i].y, front[i - 1].y);
    }
  }
}

TEST_F(ReportStudy, HistogramsCountEverySampleOnce) {
  test::write_synthetic_study(layout, space, cost_model);
  auto const inputs = load(layout, identity, space, cost_model, {});
  for (auto const& [stage, rows] : {std::pair{"fp", 400.0}, {"quant", 200.0}}) {
    auto const chart = label_histogram(inputs, stage);
    ASSERT_TRUE(chart);
    double sum = 0;
    for (auto const& bar : chart->series[0].points) sum += bar.y;
    EXPECT_EQ(sum, rows);
  }
}

TEST_F(ReportStudy, LabelsAloneSayWhatIsMissingAndWhichCommandMakesIt) {
  test::write_synthetic_study(layout, space, cost_model, 30, 20);
  auto const html = render_html(load(layout, identity, space, cost_model, {}));
  expect_self_contained(html);
  for (auto const* command : {"apq train --study", "apq search --study"}) EXPECT_NE(html.find(command), std::string::npos) << command;
  EXPECT_NE(html.find("No verified winners yet"), std::string::npos);
}

TEST_F(ReportStudy, EmptyStudyIsStillAPage) {
  make_directory(layout.root);
  write_report(layout, identity, space, cost_model, {});
  auto const html = read_file(layout.report());
  expect_self_contained(html);
  for (auto const* command : {"apq collect --stage fp", "apq collect --stage quant", "apq train", "apq search"})
    EXPECT_NE(html.find(command), std::string::npos) << command;
}

TEST_F(ReportStudy, WhatIsStaleIsSaidFirst) {
  test::write_synthetic_study(layout, space, cost_model);
  auto const html = render_html(load(layout, identity, space, cost_model, {"search is stale: cost.table changed (none, now <b>)"}));
  expect_self_contained(html);
  auto const notice = html.find("search is stale: cost.table changed (none, now &lt;b&gt;)");
  ASSERT_NE(notice, std::string::npos);
  EXPECT_LT(notice, html.find("<h2>Winners</h2>"));
  EXPECT_EQ(render_html(load(layout, identity, space, cost_model, {})).find("stale:"), std::string::npos);
}

TEST_F(ReportStudy, UnknownEnergyIsSaidAndNotZero) {
  test::write_synthetic_study(layout, space, cost_model);
  energy::StageCost run;
  run.stage = "verify";
  run.kwh = run.gco2e = std::numeric_limits<double>::quiet_NaN();
  run.method = "unknown";
  test::add_run(layout, run);
  auto const html = render_html(load(layout, identity, space, cost_model, {}));
  EXPECT_NE(html.find("<b>unknown</b>energy"), std::string::npos);
}

TEST_F(ReportStudy, GpuHoursAddThePaperCompatibleLine) {
  test::write_synthetic_study(layout, space, cost_model);
  EXPECT_EQ(render_html(load(layout, identity, space, cost_model, {})).find("lb per GPU-hour"), std::string::npos);
  energy::StageCost run;
  run.stage = "supernet";
  run.gpu_h = 100;
  test::add_run(layout, run);
  EXPECT_NE(render_html(load(layout, identity, space, cost_model, {})).find("28.4 lb CO₂e for 100 GPU-hours"), std::string::npos);
}

TEST_F(ReportStudy, AbsentDirectoryIsAnIoError) {
  try {
    load(layout, identity, space, cost_model, {});
    FAIL();
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::io);
  }
}

TEST_F(ReportStudy, DamagedResultIsADataErrorThatNamesItsFile) {
  test::write_synthetic_study(layout, space, cost_model);
  for (auto const& file : {layout.train_metrics(), layout.search_summary(), layout.verification()}) {
    auto const whole = read_file(file);
    for (std::string const& text : {whole.substr(0, whole.size() / 2), std::string("{\"fp\": {}, \"winners\": 3}")}) {
      replace_file(file, text);
      try {
        load(layout, identity, space, cost_model, {});
        FAIL() << file;
      } catch (Error const& e) {
        EXPECT_EQ(e.code(), Errc::data);
        EXPECT_NE(std::string(e.what()).find(file.filename().string()), std::string::npos);
      }
    }
    replace_file(file, whole);
  }
}

}  // namespace
}  // namespace apq::report
