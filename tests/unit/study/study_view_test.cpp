#include "study/study_view.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <iostream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "collect/quarantine.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/random_token.hpp"
#include "common/h5/shard.hpp"
#include "common/job/heartbeat.hpp"
#include "support/temp_dir.hpp"

using namespace apq;
using namespace apq::study;
namespace fs = std::filesystem;

namespace {

class StudyViewTest : public testing::Test {
 protected:
  void configure(std::uint64_t samples) {
    replace_file(layout_.config(),
                 "study: {name: made up}\nspace: space.yaml\nsupernet: {weights: weights.pt}\n"
                 "collect: {fp: {samples: " +
                     std::to_string(samples) + "}, quant: {samples: 10}}\njobs: {expiry: 60}\n");
  }
  fs::path write_shard(std::string const& name, std::uint64_t first, std::uint64_t last) {
    h5::Shard shard;
    shard.header.stage = "fp";
    shard.header.source = "collected";
    shard.header.num_genes = 85;
    for (auto id = first; id < last; ++id) shard.rows.push_back({.id = id, .genes = space::Genes(85, 1), .total = 100});
    fs::create_directories(layout_.shards("fp"));
    auto const file = layout_.shards("fp") / name;
    h5::write_shard(file, shard);
    return file;
  }
  // Of another machine.
  job::JobRecord record(std::string const& stage, double rate) {
    auto r = job::new_job(16);
    r.process.table = "another machine";
    r.process.host = "n" + std::to_string(++jobs_);
    r.stage = stage;
    r.rows_per_second = rate;
    fs::create_directories(layout_.jobs());
    job::write_job(layout_.jobs(), r);
    return r;
  }
  void age(std::string const& token, int seconds) {
    fs::last_write_time(job::job_file(layout_.jobs(), token), fs::file_time_type::clock::now() - std::chrono::seconds(seconds));
  }
  static StageProgress const& stage(StudyProgress const& progress, std::string const& name) {
    return *std::find_if(progress.stages.begin(), progress.stages.end(), [&](auto const& p) { return p.status.stage == name; });
  }

  test::TempDir const dir_;
  StudyLayout const layout_{dir_.path()};
  int jobs_ = 0;
};

TEST_F(StudyViewTest, SamplesRateAndEndOfWhatSeveralJobsCollect) {
  configure(100);
  write_shard("a.h5", 0, 30);
  write_shard("b.h5", 20, 50);   // ten of them twice
  write_shard("c.h5", 90, 120);  // twenty that nobody asks for
  record("collect.fp", 0.25);
  record("collect.fp", 0.5);
  record("collect.fp", std::nan(""));
  age(record("collect.fp", 8).token, 61);
  auto ended = record("collect.fp", 8);
  ended.state = job::JobState::ended;
  job::write_job(layout_.jobs(), ended);
  StudyView view(layout_);
  auto const progress = view.look();
  auto const& fp = stage(progress, "collect.fp");
  EXPECT_EQ(fp.rows, 60u);
  EXPECT_EQ(fp.status.wanted, 100u);
  EXPECT_EQ(fp.status.condition, StageCondition::part);
  EXPECT_EQ(fp.jobs, 3);
  EXPECT_EQ(fp.rows_per_second, 0.75);
  EXPECT_DOUBLE_EQ(fp.remaining_seconds(), 40 / 0.75);
  auto const table = progress_table(progress);
  EXPECT_NE(table.find("60 of 100"), std::string::npos) << table;
  EXPECT_NE(table.find("jobs: 3 at work, 1 silent, 1 ended"), std::string::npos) << table;
  auto const json = nlohmann::json::parse(progress_json(progress));
  EXPECT_EQ(json["stages"][0]["rows"], 60);
  EXPECT_EQ(json["jobs"].size(), 5u);
}

TEST_F(StudyViewTest, SamplesThatCouldNotBeLabelledAreNamedAndNotWaitedFor) {
  configure(10);
  write_shard("a.h5", 0, 8);
  for (std::uint64_t id : {8, 9})
    collect::write_quarantined(layout_.quarantine("fp"), {.stage = "fp", .id = id, .error = "not finite", .attempts = 2, .host = "n1"});
  record("collect.fp", 1);
  fs::create_directories(layout_.quarantine("quant"));
  test::write_quickly(layout_.quarantine("quant") / "7.json", "{");  // damaged
  auto const progress = StudyView(layout_).look();
  auto const& fp = stage(progress, "collect.fp");
  EXPECT_EQ(fp.unlabelled.sentence, "2 samples could not be labelled: 8 (not finite), 9 (not finite)");
  EXPECT_EQ(fp.remaining_seconds(), 0);
  EXPECT_EQ(stage(progress, "collect.quant").unlabelled.count, 1u);
  EXPECT_NE(progress_table(progress).find(fp.unlabelled.sentence), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(progress_json(progress))["stages"][0]["quarantined"], 2);
}

TEST_F(StudyViewTest, WhatIsNotInTheLedgerYetIsCostToo) {
  configure(100);
  auto r = record("train", std::nan(""));
  r.core_seconds = 7200;
  r.joules = 3.6e6;
  job::write_job(layout_.jobs(), r);
  auto killed = record("train", std::nan(""));
  killed.core_seconds = 3600;
  job::write_job(layout_.jobs(), killed);
  age(killed.token, 1000);
  auto const progress = StudyView(layout_).look();
  auto const& train = stage(progress, "train");
  EXPECT_DOUBLE_EQ(train.core_h, 3);
  EXPECT_DOUBLE_EQ(train.kwh, 1);
  EXPECT_TRUE(train.is_provisional);
  EXPECT_EQ(train.jobs, 1);
  EXPECT_TRUE(std::isnan(stage(progress, "search").core_h));
}

TEST_F(StudyViewTest, JobsAreAliveByTheirRecordsAgeAtFirstAndByTheirCounterFromThenOn) {
  configure(100);
  auto r = record("train", 1);
  age(r.token, 1000);  // by a clock that is behind
  StudyView view(layout_);
  EXPECT_EQ(view.look().jobs.front().life, JobLife::silent);
  ++r.counter;
  job::write_job(layout_.jobs(), r);
  age(r.token, 1000);
  EXPECT_EQ(view.look().jobs.front().life, JobLife::works);
  r.process = job::this_process();
  r.waits_for = "n7";
  job::write_job(layout_.jobs(), r);
  EXPECT_EQ(view.look().jobs.front().life, JobLife::waits);
  r.process.start += 1;
  job::write_job(layout_.jobs(), r);
  EXPECT_EQ(view.look().jobs.front().life, JobLife::gone);
  test::write_quickly(layout_.jobs() / "cut.json", "{");
  auto const progress = view.look();
  ASSERT_EQ(progress.warnings.size(), 1u);
  EXPECT_NE(progress.warnings.front().find("cut.json"), std::string::npos);
  EXPECT_EQ(progress.jobs.size(), 1u);
}

TEST_F(StudyViewTest, AStudyOf80000RowsIn200ShardsAnd64JobsIsReadOnce) {
  configure(100'000);
  std::vector<fs::path> shards;
  for (std::uint64_t i = 0; i < 200; ++i) shards.push_back(write_shard(std::to_string(i) + ".h5", 400 * i, 400 * (i + 1)));
  for (int i = 0; i < 64; ++i) record("collect.fp", 0.5);
  StudyView view(layout_);
  auto const seconds = [&](auto const& act) {
    auto const begin = std::clock();
    act();
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  };
  StudyProgress progress;
  auto const first = seconds([&] { progress = view.look(); });
  EXPECT_EQ(stage(progress, "collect.fp").rows, 80'000u);
  EXPECT_EQ(stage(progress, "collect.fp").jobs, 64);
  EXPECT_EQ(stage(progress, "collect.fp").rows_per_second, 32);

  // What looks untouched is not read again: bytes that would show stay unseen.
  auto const then = fs::last_write_time(shards[7]);
  auto const size = fs::file_size(shards[7]);
  test::write_quickly(shards[7], std::string(size, 'x'));
  fs::last_write_time(shards[7], then);
  auto const second = seconds([&] { progress = view.look(); });
  EXPECT_EQ(stage(progress, "collect.fp").rows, 80'000u);
  EXPECT_EQ(stage(StudyView(layout_).look(), "collect.fp").rows, 79'600u) << "the bytes are others";
  EXPECT_LT(second, first);
  std::cout << "processor time of a look: " << first << " s, of the next one: " << second << " s\n";
}

}  // namespace
