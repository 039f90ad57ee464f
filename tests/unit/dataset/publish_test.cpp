#include "dataset/publish.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "collect/stored_stage.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/study_layout.hpp"
#include "dataset/citation.hpp"
#include "dataset/published_folder.hpp"
#include "dataset/published_import.hpp"
#include "dataset/statements.hpp"
#include "support/error_of.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"
#include "unit/dataset/rows.hpp"

namespace apq::dataset {
namespace {
namespace fs = std::filesystem;

// A study of both stages with a configuration.
class PublishTest : public testing::Test {
 protected:
  void SetUp() override {
    write(fp);
    write(quant);
    replace_file(study.config(), fmt::format("study: {{seed: 5}}\nspace: {}\ntrain: {{held_out_fraction: 0.25}}\n", space_file.string()));
  }
  void write(h5::Dataset const& dataset) const {
    fs::create_directories(study.shards(dataset.header.stage));
    h5::write_shard(study.shards(dataset.header.stage) / "a.h5", {dataset.header, dataset.rows});
  }
  PublishedFacts publish_study() const { return publish(study.root, {}, out, {.name = "tiny", .date = "2026-11-27"}); }
  static std::string hash_of(fs::path const& folder) { return collect::stored_hash(folder); }
  std::string card() const { return read_file(out / "README.md"); }
  bool card_says(std::string const& part) const { return card().find(part) != std::string::npos; }

  /// train.json as a training on these very rows and this split would leave it.
  study::Training training_of(PublishedFacts const& facts) const {
    auto const verdict = [&](StageFacts const& stage, double tau) {
      train::Verdict result;
      result.metrics.kendall_tau = {tau, tau - 0.1, tau + 0.1};
      for (auto const id : stage.split.held_out) result.held_out.push_back({id, 0.7, 700, 1000});
      return result;
    };
    auto const& [of_fp, of_quant] = std::tie(facts.stages[0], facts.stages[1]);
    study::Training training;
    training.fp.emplace(
        train::FpReport{of_fp.summary.rows, of_fp.split.training.size(), of_fp.summary.content_hash, "mlp 3x8", verdict(of_fp, 0.5), {}});
    training.quant.emplace();
    training.quant->data_hash = of_quant.summary.content_hash;
    training.quant->model = "mlp 3x8";
    training.quant->transfer = verdict(of_quant, 0.75);
    training.quant->scratch = verdict(of_quant, 0.625);
    return training;
  }

  test::TempDir directory;
  StudyLayout const study{directory / "study"};
  fs::path const out = directory / "out";
  fs::path const space_file = test::source_dir() / "configs/spaces/fashion_mnist.yaml";
  space::SearchSpace const space = space::load_space(space_file);
  h5::Dataset const fp = test::dataset_of(space, test::random_rows(space, 60, false));
  h5::Dataset const quant = test::dataset_of(space, test::random_rows(space, 80, true));
};

TEST_F(PublishTest, BothStagesComeBackWithTheirHashAndIdentity) {
  auto const facts = publish_study();
  EXPECT_EQ(facts.content_hash, hash_of(study.root));
  EXPECT_EQ(hash_of(out), facts.content_hash);
  auto const imported = import_published(out, directory / "back");
  EXPECT_EQ(imported.was_there, (std::vector<bool>{false, false}));
  EXPECT_EQ(hash_of(directory / "back"), facts.content_hash);
  auto const back = h5::read_stage(StudyLayout{directory / "back"}, "quant");
  EXPECT_EQ(h5::difference(back.header, quant.header), "");
  EXPECT_EQ(back.header.source.substr(0, 29), "imported: quant.jsonl sha256 ");
  EXPECT_EQ(back.rows[3].loss, quant.rows[3].loss);
  EXPECT_TRUE(std::isnan(back.rows[3].joules));
  EXPECT_EQ(collect::space_of_stored(directory / "back", {})->hash, space.hash);
  EXPECT_EQ(import_published(out, directory / "back").was_there, (std::vector<bool>{true, true}));
  // Published again it says of its labels what the first publication does.
  auto const again = publish(directory / "back", {}, directory / "again", {});
  EXPECT_EQ(labels_of(again.stages[1]), labels_of(facts.stages[1]));
  EXPECT_EQ(again.stages[1].split.held_out, facts.stages[1].split.held_out);
}

TEST_F(PublishTest, TheSplitIsThatOfTheStudysTraining) {
  auto const facts = publish_study();
  auto const& split = facts.stages[1].split;
  auto const wanted = fixed_split(quant.rows, "quant", 5, 0.25);
  EXPECT_EQ(split.held_out, wanted.held_out);
  EXPECT_EQ(split.training, wanted.training);
  EXPECT_GT(split.held_out.size(), 5u);
  auto const json = nlohmann::json::parse(read_file(out / "splits.json"));
  EXPECT_EQ(json["stages"]["quant"]["training"], nlohmann::json(split.training));
  // What is imported has the same one.
  import_published(out, directory / "back");
  auto const rule = split_rule(directory / "back", h5::read_stage(StudyLayout{directory / "back"}, "fp").header);
  EXPECT_EQ(rule.seed, 5u);
  EXPECT_EQ(rule.held_out_fraction, 0.25);
}

TEST_F(PublishTest, TooFewRowsHaveNoSplit) {
  auto few = fp;
  few.rows.resize(4);
  write(few);
  auto const facts = publish_study();
  EXPECT_NE(facts.stages[0].split.absent.find("train: 4 rows of stage fp"), std::string::npos) << facts.stages[0].split.absent;
  EXPECT_TRUE(card_says("- fp: none (train: 4 rows"));
}

TEST_F(PublishTest, BaselinesAreThoseOfTheseRowsAndThisSplit) {
  auto const facts = publish_study();
  EXPECT_TRUE(card_says("- fp: missing: no predictor has been trained"));
  auto training = training_of(facts);
  study::write_training(study.train_metrics(), training);
  publish_study();
  EXPECT_TRUE(card_says("| fp | full precision | mlp 3x8 | 0.500 [0.400, 0.600] |")) << card();
  EXPECT_TRUE(card_says("| quant | transferred | mlp 3x8 | 0.750 [0.650, 0.850] |")) << card();
  EXPECT_TRUE(card_says("| quant | from scratch | mlp 3x8 | 0.625 [0.525, 0.725] |")) << card();
  EXPECT_FALSE(card_says("missing: "));
  training.quant->data_hash = "other";
  training.fp->verdict.held_out.pop_back();
  study::write_training(study.train_metrics(), training);
  publish_study();
  EXPECT_TRUE(card_says("- quant: missing: train.json is of other rows; `apq train` makes it anew"));
  EXPECT_TRUE(card_says("- fp: missing: train.json is of another split; `apq train` makes it anew"));
  replace_file(study.train_metrics(), "{");
  test::expect_error(Errc::data, "train.json: is not whole JSON", [&] { publish_study(); });
  EXPECT_TRUE(card_says("train.json is of another split"));  // the older publication stays
}

TEST_F(PublishTest, LimitsAreWhatTheRowsSay) {
  auto cut = quant;
  cut.rows.erase(cut.rows.begin() + 7, cut.rows.begin() + 10);
  write(cut);
  auto const facts = publish_study();
  EXPECT_EQ(facts.stages[1].missing, 3u);
  EXPECT_EQ(facts.stages[1].without_energy, 77u);
  EXPECT_TRUE(card_says("quant: energy is unknown in 77 of 77 rows."));
  EXPECT_TRUE(card_says("quant: 3 sample indices below the highest have no row."));
  // 1,000 images and accuracies near 0.75: half of a Wilson interval is about 2.7 points.
  EXPECT_NEAR(facts.stages[0].mean_half_width_points, 2.7, 0.3);
  auto repeated = facts.stages[0];
  EXPECT_NE(noise_of(repeated).find("measured again it comes out equal"), std::string::npos);
  repeated.header.identity = {{"table", "0"}};
  EXPECT_NE(noise_of(repeated).find("No subnet was measured twice"), std::string::npos);
  repeated.summary.repeats = collect::RepeatNoise{12, 25, 0.121};
  EXPECT_NE(noise_of(repeated).find("12 subnets measured 25 times, standard deviation of a measurement 0.121 %"), std::string::npos);
}

TEST_F(PublishTest, WhatWasChangedIsNotImported) {
  publish_study();
  auto const mirror = out / "rows/quant.jsonl";
  auto const text = read_file(mirror);
  auto const with = [&](std::string const& from, std::string const& to) {
    auto changed = text;
    changed.replace(changed.find(from), from.size(), to);
    replace_file(mirror, changed);
  };
  auto const refused = [&](std::string const& part) {
    test::expect_error(Errc::data, part, [&] { import_published(out, directory / "back"); });
    EXPECT_FALSE(fs::exists(directory / "back"));
  };
  with("\"correct5\":950", "\"correct5\":951");
  refused("rows/quant.jsonl: holds other rows (content hash ");
  with("\"genes\":[", "\"genes\":[9,");
  refused("rows/quant.jsonl:1: genes are not those of subnet in this space");
  with("\"total\":1000", "\"total\":10");
  refused("rows/quant.jsonl:1: has impossible counts");
  with("{\"stage\"", "{\"page\"");
  refused("rows/quant.jsonl:1: is no row as `apq data publish` writes it");
  replace_file(mirror, text.substr(0, text.size() / 2));
  refused("rows/quant.jsonl:");
  replace_file(mirror, text);
  replace_file(out / "space.yaml", read_file(test::source_dir() / "configs/spaces/apq_imagenet.yaml"));
  refused("space.yaml: has space hash ");
}

TEST_F(PublishTest, AReleaseNeverChanges) {
  auto const before = publish_study();
  EXPECT_EQ(publish_study().content_hash, before.content_hash) << "the same rows once more";
  auto rows = quant;
  rows.rows[0].correct -= 1;
  write(rows);
  test::expect_error(Errc::config, "out: is release 1.0.0 with other rows, and a release never changes", [&] { publish_study(); });
  EXPECT_EQ(hash_of(out), before.content_hash);
  publish(study.root, {}, out, {.name = "tiny", .release = "1.0.1"});
  EXPECT_NE(hash_of(out), before.content_hash);
  replace_file(out / "dataset.json", "{");
  publish(study.root, {}, out, {.name = "tiny", .release = "1.0.1"});  // made anew
  EXPECT_EQ(read_published(out).release, "1.0.1");
}

TEST_F(PublishTest, AStudyOfOtherRowsStaysAsItIs) {
  publish_study();
  StudyLayout const other{directory / "other"};
  fs::create_directories(other.shards("quant"));
  auto rows = quant.rows;
  rows[0].correct = 1;
  h5::write_shard(other.shards("quant") / "a.h5", {quant.header, rows});
  test::expect_error(Errc::data, "shards/quant: holds other rows (80, collected); a table needs a study of its own",
                     [&] { import_published(out, other.root); });
  EXPECT_FALSE(fs::exists(other.shards("fp")));  // although that stage would have fitted
}

TEST_F(PublishTest, WhatCannotBeWrittenIsRefused) {
  auto const refused = [&](Publication const& said, std::string const& part) {
    test::expect_error(Errc::config, part, [&] { publish(study.root, {}, out, said); });
    EXPECT_FALSE(fs::exists(out));
  };
  refused({.name = "\xff"}, "--name: is not UTF-8");
  refused({.authors = {"A", "\xff"}}, "--author: is not UTF-8");
  refused({.date = "2026-13-01"}, "--date 2026-13-01: is no date YYYY-MM-DD");
  refused({.release = "1.0"}, "--release 1.0: is no MAJOR.MINOR.PATCH");
}

TEST(Citation, SaysWhatIsDeclaredAndWhatIsNot) {
  Publication said{.name = "data: \"x\"", .release = "2.0.1", .date = "2026-11-27"};
  EXPECT_EQ(citation_of(said),
            "cff-version: 1.2.0\nmessage: If you use this dataset, please cite it as below.\ntype: dataset\ntitle: \"data: \\\"x\\\"\"\n"
            "version: \"2.0.1\"\ndate-released: \"2026-11-27\"\nauthors:\n  - name: \"not declared\"\n");
  EXPECT_EQ(license_text(said).substr(0, 22), "Licence: not declared.");
  EXPECT_EQ(license_url("CC-BY-4.0"), "https://spdx.org/licenses/CC-BY-4.0.html");
  EXPECT_EQ(license_url("https://example.org/mine"), "https://example.org/mine");
  said.license = "https://example.org/mine";
  said.authors = {"A", "B"};
  EXPECT_NE(citation_of(said).find("  - name: \"A\"\n  - name: \"B\"\nlicense-url: \"https://example.org/mine\"\n"), std::string::npos);
  EXPECT_NE(bibtex_of(said).find("author = {A and B}"), std::string::npos);
  said.license_file = "/nonexistent";
  test::expect_error(Errc::io, "/nonexistent", [&] { license_text(said); });
}

}  // namespace
}  // namespace apq::dataset
