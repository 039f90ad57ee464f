#include "collect/stored_stage.hpp"

#include <limits>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "collect/dataset_check.hpp"
#include "collect/row_export.hpp"
#include "collect/sampler.hpp"
#include "collect/stage_summary.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/sha256.hpp"
#include "common/h5/joined.hpp"
#include "support/error_of.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"

namespace apq::collect {
namespace {

namespace fs = std::filesystem;
using test::expect_error;

// Two shards of stage fp: ids 0..2 and 3..4.
class Stored : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(stage);
    h5::write_shard(stage / "a.h5", shard(0, 3));
    h5::write_shard(stage / "b.h5", shard(3, 2));
  }
  h5::Shard shard(std::uint64_t first, std::size_t count) const {
    h5::Shard shard;
    shard.header.stage = "fp";
    shard.header.space_hash = space.hash;
    shard.header.space_name = space.name;
    shard.header.num_genes = space.num_architecture_genes();
    for (std::uint64_t id = first; id < first + count; ++id) {
      auto const hits = static_cast<std::uint32_t>(10 * id);
      shard.rows.push_back({.id = id, .genes = samples.genes(id), .correct = hits, .correct5 = 100, .total = 100});
      shard.rows.back().loss = 0.5f;
      shard.rows.back().seconds = 2;
      shard.rows.back().joules = std::numeric_limits<float>::quiet_NaN();
    }
    return shard;
  }
  std::vector<std::string> lines_of(RowFormat format, fs::path const& space_path = {}) const {
    std::vector<std::string> lines;
    export_rows(study.path(), space_path, format, [&](std::string const& line) { lines.push_back(line); });
    return lines;
  }
  // The one fault that is found.
  std::string fault() const {
    auto const check = check_stored(study.path(), space);
    EXPECT_EQ(check.faults.size(), 1u);
    return check.faults.empty() ? "" : check.faults.front();
  }

  test::TempDir study;
  fs::path const space_file = test::source_dir() / "configs/spaces/fashion_mnist.yaml";
  space::SearchSpace const space = space::load_space(space_file);
  Samples const samples{space, 1, "fp", 1, 10};
  fs::path const stage = study / "shards/fp";
};

TEST_F(Stored, StagesOfAStudyAndOfADirectory) {
  auto const stages = stored_stages(study.path());
  ASSERT_EQ(stages.size(), 1u);
  EXPECT_EQ(stages[0].name, "fp");
  EXPECT_EQ(stages[0].joined, study / "dataset_fp.h5");
  auto const alone = stored_stages(stage.string() + "/");
  ASSERT_EQ(alone.size(), 1u);
  EXPECT_EQ(alone[0].name, "fp");
  EXPECT_EQ(alone[0].joined, fs::canonical(study.path()) / "dataset_fp.h5");
  EXPECT_EQ(alone[0].read().rows.size(), 5u);
  expect_error(Errc::io, "nowhere: no such directory", [&] { stored_stages(study / "nowhere"); });
  fs::create_directories(study / "empty");
  expect_error(Errc::data, "empty: holds no shards; give a study's directory, or one stage's shards",
               [&] { stored_stages(study / "empty"); });
}

TEST_F(Stored, HashOfAStudyNamesItsStages) {
  auto const of_rows = h5::content_hash(h5::read_dataset(stage).rows);
  EXPECT_EQ(stored_hash(stage), of_rows);
  EXPECT_EQ(stored_hash(study.path()), sha256_of("fp " + of_rows + "\n"));
}

TEST_F(Stored, SpaceIsTheOneGivenElseTheStudys) {
  EXPECT_FALSE(space_of_stored(study.path(), {}).has_value());
  EXPECT_EQ(space_of_stored(study.path(), space_file)->hash, space.hash);
  replace_file(study / "config.yaml", "space: " + space_file.string() + "\n");
  EXPECT_EQ(space_of_stored(study.path(), {})->hash, space.hash);
  replace_file(study / "config.yaml", "space: gone.yaml\n");
  EXPECT_FALSE(space_of_stored(study.path(), {}).has_value());
}

TEST_F(Stored, Summary) {
  auto const summary = summary_of("fp", h5::read_dataset(stage));
  EXPECT_EQ(summary.rows, 5u);
  EXPECT_EQ(summary.shards, 2u);
  ASSERT_TRUE(summary.of_rows.has_value());
  EXPECT_EQ(summary.of_rows->fewest_images, 100u);
  EXPECT_DOUBLE_EQ(summary.of_rows->mean, 20);
  EXPECT_DOUBLE_EQ(summary.of_rows->min, 0);
  EXPECT_DOUBLE_EQ(summary.of_rows->max, 40);
  auto const table = summary_table({summary});
  EXPECT_NE(table.find("fp                5        2           100     20.00      0.00     40.00  " + summary.content_hash),
            std::string::npos)
      << table;
  auto const json = nlohmann::json::parse(summary_json({summary, summary_of("quant", {})}));
  EXPECT_EQ(json[0]["images"]["max"], 100);
  EXPECT_EQ(json[0]["content_hash"], summary.content_hash);
  EXPECT_TRUE(json[1]["top1_percent"].is_null());
  EXPECT_NE(summary_table({summary_of("quant", {})}).find(" - "), std::string::npos);
}

TEST_F(Stored, SoundDatasetHasNoFaults) {
  replace_file(stage / "c.h5.damaged", "");
  h5::write_joined(h5::read_dataset(stage), study / "dataset_fp.h5");
  auto const check = check_stored(study.path(), space);
  EXPECT_TRUE(check.faults.empty());
  EXPECT_EQ(check.sound, std::vector<std::string>{"fp: 2 shards are sound"});
  EXPECT_EQ(check.set_aside, std::vector<std::string>{(stage / "c.h5.damaged").string()});
}

TEST_F(Stored, EveryFaultIsFoundAndNamed) {
  auto odd = shard(5, 1);
  odd.rows[0].correct = 101;
  h5::write_shard(stage / "c.h5", odd);
  EXPECT_NE(fault().find("c.h5: sample 5 has impossible counts (101 top-1, 100 top-5, 100 images)"), std::string::npos) << fault();
  odd = shard(5, 1);
  odd.rows[0].genes.front() = 200;
  h5::write_shard(stage / "c.h5", odd);
  EXPECT_NE(fault().find("c.h5: sample 5 is not a subnet of space fashion_mnist"), std::string::npos) << fault();
  h5::write_shard(stage / "c.h5", shard(7, 1));
  EXPECT_NE(fault().find("2 of 8 samples are missing, the first is 5; `apq collect` collects them"), std::string::npos) << fault();
  h5::write_joined(h5::read_dataset(stage), study / "dataset_fp.h5");
  h5::write_shard(stage / "d.h5", shard(5, 2));
  EXPECT_NE(fault().find("dataset_fp.h5: does not join all 4 shards"), std::string::npos) << fault();
  fs::remove(stage / "d.h5");
  replace_file(stage / "c.h5", "no HDF5");
  auto const check = check_stored(study.path(), space);
  EXPECT_GE(check.faults.size(), 1u);
  EXPECT_NE(check.faults.front().find("c.h5"), std::string::npos) << check.faults.front();
}

TEST_F(Stored, SamplesThatTheStudyAsksForAreMissed) {
  replace_file(study / "config.yaml", "collect: {fp: {samples: 9}}\n");
  EXPECT_NE(fault().find("4 of 9 samples are missing, the first is 5"), std::string::npos) << fault();
}

TEST_F(Stored, ExportOfRows) {
  auto lines = lines_of(RowFormat::csv);
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[0], "stage,id,correct,correct5,total,accuracy,low95,high95,loss,seconds,joules,genes,subnet\n");
  EXPECT_EQ(lines[3].substr(0, 26), "fp,2,20,100,100,0.200000,0");
  EXPECT_NE(lines[3].find(",0.5,2,,"), std::string::npos) << lines[3];  // joules are unknown
  EXPECT_EQ(lines[3].substr(lines[3].size() - 2), ",\n");               // no space, no subnet
  lines = lines_of(RowFormat::csv, space_file);
  EXPECT_NE(lines[1].find(",\"{\"\"d\"\":["), std::string::npos) << lines[1];
  lines = lines_of(RowFormat::json_lines, space_file);
  ASSERT_EQ(lines.size(), 5u);
  auto const json = nlohmann::json::parse(lines[4]);
  EXPECT_EQ(json["id"], 4);
  EXPECT_EQ(json["accuracy"], 0.4);
  EXPECT_TRUE(json["joules"].is_null());
  EXPECT_EQ(json["genes"].size(), static_cast<std::size_t>(space.num_architecture_genes()));
  EXPECT_TRUE(json["subnet"].contains("ks"));
  expect_error(Errc::data, "apq_imagenet.yaml: has space hash ",
               [&] { lines_of(RowFormat::csv, test::source_dir() / "configs/spaces/apq_imagenet.yaml"); });
}

}  // namespace
}  // namespace apq::collect
