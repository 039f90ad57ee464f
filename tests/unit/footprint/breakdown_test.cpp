#include "footprint/breakdown.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "footprint/emissions.hpp"
#include "footprint/footprint_text.hpp"

namespace {
using namespace apq;
using namespace apq::footprint;
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

energy::NodePart node(std::string const& host, double cores_j, double gpu_j) {
  auto const all = cores_j + gpu_j;
  return {.host = host,
          .processors = 8,
          .gpus = gpu_j != 0 ? 1 : 0,
          .ranks = 2,
          .wall_s = 100,
          .core_h = 0.05,
          .gpu_h = gpu_j != 0 ? 100 / 3600.0 : 0.0,
          .devices = gpu_j != 0 ? std::map<std::string, double>{{"cores", cores_j}, {"gpu 0", gpu_j}}
                                : std::map<std::string, double>{{"cores", cores_j}},
          .uses = {.useful = all / 2, .repeated = all / 8, .lost = all / 8, .idle = all / 4},
          .ended = "whole"};
}

energy::StageRun run(std::string const& job, std::string const& stage, std::vector<energy::NodePart> nodes) {
  energy::StageRun r;
  r.run = stage;
  r.job = job;
  r.header.token = job;
  r.header.scheduler_id = "slurm " + job;
  r.header.account = "physics";
  r.header.country = "FRA";
  r.header.processor_model = "P";
  r.began = "2026-01-01T00:00:00Z";
  r.ended_at = "2026-01-01T00:01:40Z";
  r.cost.stage = stage;
  r.cost.wall_s = 100;
  r.cost.pue = 1.25;
  r.cost.grid_gco2e_per_kwh = 100;
  r.nodes = std::move(nodes);
  return r;
}

// 3.6e6 J are a kWh; times 1.25.
std::vector<energy::StageRun> const runs{run("1", "collect.fp", {node("a", 3.6e6, 0), node("b", 3.6e6, 7.2e6)}),
                                         run("1", "train", {node("a", 7.2e6, 0)}), run("2", "train", {node("b", 3.6e6, 0)})};

TEST(Breakdown, JobsNodesAndDevicesEachAddUpToAll) {
  auto const jobs = by_job(runs);
  ASSERT_EQ(jobs.size(), 2u);
  EXPECT_DOUBLE_EQ(jobs[0].share.kwh, 1.25 * 6);
  EXPECT_DOUBLE_EQ(jobs[1].share.kwh, 1.25);
  EXPECT_EQ(jobs[0].hosts, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(jobs[0].stages, (std::vector<std::string>{"collect.fp", "train"}));
  EXPECT_NE(jobs_table(jobs).find("slurm 2"), std::string::npos);
  auto const nodes = by_node(runs);
  ASSERT_EQ(nodes.size(), 2u);
  EXPECT_EQ(nodes[0].name, "a");
  EXPECT_DOUBLE_EQ(nodes[0].kwh, 1.25 * 3);
  EXPECT_DOUBLE_EQ(nodes[0].core_h, 0.1);
  EXPECT_DOUBLE_EQ(nodes[1].kwh, 1.25 * 4);
  EXPECT_DOUBLE_EQ(nodes[1].kwh_for.useful, 1.25 * 2);
  EXPECT_DOUBLE_EQ(nodes[1].kwh_for.repeated, 1.25 / 2);
  auto const devices = by_device(runs);
  ASSERT_EQ(devices.size(), 3u);
  EXPECT_EQ(devices[2].name, "b gpu 0");
  EXPECT_DOUBLE_EQ(devices[2].kwh, 1.25 * 2);
  EXPECT_DOUBLE_EQ(devices[2].kwh_for.idle, 1.25 / 2);
  EXPECT_NE(shares_table("device", devices).find("b gpu 0 "), std::string::npos);
}

TEST(Breakdown, UnknownStaysUnknown) {
  auto const nodes = by_node({run("1", "train", {node("a", unknown, 0)}), run("1", "search", {node("b", 3.6e6, 0)})});
  EXPECT_TRUE(std::isnan(nodes[0].kwh));
  EXPECT_DOUBLE_EQ(nodes[1].kwh, 1.25);
}

TEST(Emissions, ARunIsALine) {
  auto const lines = emissions_of(runs, "p", {});
  ASSERT_EQ(lines.size(), 3u);
  auto const& first = lines[0];
  EXPECT_EQ(first.run_id, "1/collect.fp");
  EXPECT_EQ(first.experiment_id, "slurm 1");
  EXPECT_EQ(first.timestamp, "2026-01-01T00:01:40");
  EXPECT_EQ(first.processors, 16);
  EXPECT_EQ(first.gpus, 1);
  EXPECT_DOUBLE_EQ(*first.processor_kwh, 2.5);
  EXPECT_DOUBLE_EQ(*first.gpu_kwh, 2.5);
  EXPECT_DOUBLE_EQ(*first.processor_watts, 7.2e4) << "of the meters, without PUE";
  EXPECT_DOUBLE_EQ(*first.emissions_kg, 0.5);
  EXPECT_EQ(first.country_name, "France");
  EXPECT_FALSE(lines[1].gpu_kwh);
}

TEST(Emissions, AMeterOfWholeNodesDoesNotTellProcessorsAndGpusApart) {
  auto held = node("a", 3.6e6, 0);
  held.devices = {{"node", 3.6e6}};
  held.gpus = 2;
  auto const line = emissions_of({run("1", "train", {held})}, "p", {})[0];
  EXPECT_FALSE(line.processor_kwh);
  EXPECT_FALSE(line.gpu_kwh);
  EXPECT_DOUBLE_EQ(*line.kwh, 1.25);
  held.devices = {{"cores", 3.6e6}, {"gpus", unknown}};
  auto const other = emissions_of({run("1", "train", {held})}, "p", {})[0];
  EXPECT_DOUBLE_EQ(*other.processor_kwh, 1.25);
  EXPECT_FALSE(other.gpu_kwh);
  EXPECT_FALSE(other.kwh) << "unknown, not what is known of it";
}

TEST(Emissions, WhatIsDeclaredTakesTheLedgersPlace) {
  auto const lines = emissions_of(at_pue({runs[2]}, 2.0), "p", {.site = grid_of("DEU")});
  EXPECT_DOUBLE_EQ(*lines[0].processor_kwh, 2);
  EXPECT_DOUBLE_EQ(*lines[0].emissions_kg, 2 * grid_of("DEU").gco2e_per_kwh / 1000);
  EXPECT_EQ(lines[0].country_iso_code, "DEU");
  EXPECT_EQ(emissions_of({runs[2]}, "p", {.site = grid_of("50")})[0].country_name, "") << "a number is no country";
  EXPECT_FALSE(emissions_of({run("1", "train", {node("a", unknown, 0)})}, "p", {})[0].emissions_kg);
  EXPECT_TRUE(emissions_of({run("1", "train", {})}, "p", {}).empty()) << "of a ledger of old, without a time";
}

}  // namespace
