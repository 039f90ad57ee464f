// Labels that stop early: the same rows on any number of ranks, each the label of a prefix of the images.
#include <optional>
#include <set>

#include <gtest/gtest.h>

#include "collect/collector.hpp"
#include "collect/sampler.hpp"
#include "common/core/random.hpp"
#include "common/h5/dataset.hpp"
#include "common/mpi/collectives.hpp"
#include "common/net/supernet_file.hpp"
#include "evaluate/supernet_evaluator.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;

constexpr std::uint64_t samples = 24;
constexpr int batch = 20;

// Noise with labels of which low numbers are frequent: a network that says one class all the time, as untrained ones do, is right about
// as often as that class comes, so that accuracies, and with them the images needed, differ widely.
image::Split make_split(space::SearchSpace const& space, std::string const& name, int num) {
  auto set = std::make_shared<image::ImageSet>();
  auto pixels = std::make_shared<std::vector<std::uint8_t>>();
  *set = {.num = num,
          .channels = space.image_channels,
          .size = space.image_size,
          .num_classes = space.num_classes,
          .pixels = {},
          .labels = {},
          .owner = {}};
  RandomStream random(7, "test." + name);
  for (std::size_t i = 0; i < static_cast<std::size_t>(num) * set->image_bytes(); ++i)
    pixels->push_back(static_cast<std::uint8_t>(random.below(256)));
  image::Split split{name, {}, name, {}};
  for (int i = 0; i < num; ++i) {
    set->labels.push_back(static_cast<std::int32_t>(random.below(1 + random.below(10))));
    split.indices.push_back(static_cast<std::uint32_t>(i));
  }
  set->pixels = *pixels;
  set->owner = pixels;
  split.decoded = set;
  return split;
}

class Sequential : public testing::Test {
 protected:
  void SetUp() override {
    if (world.is_root()) directory_.emplace();
    root = mpi::broadcast(world, directory_ ? directory_->path().string() : std::string());
    space = space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml");
    calibration = make_split(space, "calibration", 50);
    validation = make_split(space, "validation", 900);
    if (world.is_root()) net::save_supernet(net::make_supernet(space, 4), root / "supernet.pt");
    mpi::barrier(world);
  }
  void TearDown() override { mpi::barrier(world); }

  std::unique_ptr<evaluate::SupernetEvaluator> make_evaluator(image::Split const& images, evaluate::StoppingRule const& rule) const {
    evaluate::EvaluatorConfig config;
    config.batch = batch;
    return std::make_unique<evaluate::SupernetEvaluator>(space, root / "supernet.pt", calibration, images, image::DataConfig{}, config,
                                                         rule);
  }
  std::vector<h5::Row> collected(evaluate::StoppingRule const& rule, std::string const& name) {
    collect::CollectRequest r;
    r.space = &space;
    r.header.stage = "quant";
    r.header.seed = 5;
    r.header.identity = {{"test", name}};
    r.num_samples = samples;
    r.study = {root / name};
    collect::collect(world, r, [&] { return make_evaluator(validation, rule); });
    return h5::read_dataset(r.study.shards("quant")).rows;
  }

  mpi::Communicator world{MPI_COMM_WORLD};
  std::filesystem::path root;
  space::SearchSpace space;
  image::Split calibration, validation;

 private:
  std::optional<test::TempDir> directory_;
};

TEST_F(Sequential, EveryRowIsTheLabelOfAPrefixOnAnyNumberOfRanks) {
  evaluate::StoppingRule const rule(4.0, 0.95);
  auto const rows = collected(rule, "sequential");
  ASSERT_EQ(rows.size(), samples);
  std::set<std::uint32_t> totals;
  for (auto const& row : rows) {
    totals.insert(row.total);
    EXPECT_TRUE(row.total % batch == 0 && row.total <= validation.size()) << row.total;
    EXPECT_TRUE(rule.is_enough(row.correct, row.total) || row.total == validation.size());
    // One process alone, on so many images and no others, without a rule.
    auto prefix = validation;
    prefix.indices.resize(row.total);
    auto const alone = make_evaluator(prefix, {})->evaluate(space::subnet_of(space, collect::sample(space, 5, "quant", row.id)), row.id);
    EXPECT_EQ(row.correct, alone.correct) << row.id;
    EXPECT_EQ(row.correct5, alone.correct5) << row.id;
    EXPECT_EQ(row.total, alone.total) << row.id;
    EXPECT_FLOAT_EQ(row.loss, static_cast<float>(alone.loss)) << row.id;
    // It did not go on for longer than it had to.
    prefix.indices.resize(row.total - batch);
    auto const before = make_evaluator(prefix, rule)->evaluate(space::subnet_of(space, collect::sample(space, 5, "quant", row.id)), row.id);
    EXPECT_EQ(before.total, row.total - batch) << row.id;
  }
  EXPECT_GT(totals.size(), 2u);
}

TEST_F(Sequential, OffMeansAllImages) {
  for (auto const& row : collected({}, "all")) EXPECT_EQ(row.total, validation.size());
}

}  // namespace
