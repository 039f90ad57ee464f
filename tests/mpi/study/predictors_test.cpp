#include "study/predictors.hpp"

#include <set>

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/h5/joined.hpp"
#include "common/mpi/collectives.hpp"
#include "support/temp_dir.hpp"
#include "train/predictor_training.hpp"
#include "train/row_split.hpp"
#include "unit/train/synthetic_rows.hpp"

using namespace apq;
using namespace apq::train;
using study::Keep, study::Predictors, study::Training;

namespace {

constexpr std::uint64_t seed = 4;

TrainConfig quick() {
  TrainConfig config;
  config.hidden = 32;
  config.student_rows = 200;
  config.fp.epochs = config.quant.epochs = 5;
  config.bootstrap = 50;
  config.curve_splits = 2;
  return config;
}

struct Fixture {
  mpi::Communicator world{MPI_COMM_WORLD};
  mpi::Communicator alone{MPI_COMM_SELF};
  space::SearchSpace space = test::synthetic_space();
  std::vector<h5::Row> fp = test::synthetic_rows(space, "fp", 120, 1), quant = test::synthetic_rows(space, "quant", 60, 1);
};

/// A directory that all ranks see; rank 0 makes and removes it.
struct SharedDir {
  explicit SharedDir(mpi::Communicator const& comm) : comm_(comm) {
    if (comm.is_root()) own_.emplace();
    path = mpi::broadcast(comm, own_ ? own_->path().string() : std::string());
  }
  ~SharedDir() { mpi::barrier(comm_); }
  std::filesystem::path path;

 private:
  mpi::Communicator const& comm_;
  std::optional<test::TempDir> own_;
};

void write_shards(Fixture const& f, std::filesystem::path const& root, std::string const& space_hash) {
  for (std::string const stage : {"fp", "quant"}) {
    h5::Shard shard;
    shard.header.stage = stage;
    shard.header.seed = seed;
    shard.header.space_hash = space_hash;
    shard.header.space_name = "synthetic";
    shard.rows = stage == "fp" ? f.fp : f.quant;
    shard.header.num_genes = static_cast<int>(shard.rows[0].genes.size());
    make_directory(StudyLayout{root}.shards(stage));
    h5::write_shard(StudyLayout{root}.shards(stage) / "shard_0.h5", shard);
  }
}

Training train_study(Fixture const& f, StudyLayout const& layout, Predictors stages = Predictors::all, Keep keep = Keep::files) {
  auto const fp = h5::read_stage(layout, "fp"), quant = h5::read_stage(layout, "quant");
  return study::train_predictors(f.world, f.space, layout, {&fp, &quant}, quick(), seed, stages, keep);
}

// What one rank finds alone, any number of ranks must find together.
TEST(Predictors, SameForAnyNumberOfRanks) {
  Fixture const f;
  auto const together_fp = train_fp(f.world, f.space, f.fp, quick(), seed), alone_fp = train_fp(f.alone, f.space, f.fp, quick(), seed);
  auto const together = train_quant(f.world, f.space, together_fp.predictor, f.quant, quick(), seed);
  auto const alone = train_quant(f.alone, f.space, alone_fp.predictor, f.quant, quick(), seed);
  auto const fp_genes = genes_of(f.fp), quant_genes = genes_of(f.quant);
  auto expect_near = [](std::vector<double> const& a, std::vector<double> const& b) {
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-6);
  };
  expect_near(together_fp.predictor.predict(fp_genes), alone_fp.predictor.predict(fp_genes));
  expect_near(together.transfer.predict(quant_genes), alone.transfer.predict(quant_genes));
  expect_near(together.scratch.predict(quant_genes), alone.scratch.predict(quant_genes));
  EXPECT_NE(together.scratch.predict(quant_genes), together.transfer.predict(quant_genes));
  EXPECT_NEAR(together.report.transfer.metrics.kendall_tau.value, alone.report.transfer.metrics.kendall_tau.value, 1e-12);
  EXPECT_NEAR(together.report.kendall_tau_difference.low, alone.report.kendall_tau_difference.low, 1e-12);
  EXPECT_EQ(together.report.curve.size(), 3u);
  for (std::size_t i = 0; i < alone.report.curve.size(); ++i) {
    EXPECT_EQ(together.report.curve[i].train_rows, alone.report.curve[i].train_rows);
    EXPECT_NEAR(together.report.curve[i].transfer.rmse_points, alone.report.curve[i].transfer.rmse_points, 1e-4);
    EXPECT_NEAR(together.report.curve[i].scratch.kendall_tau, alone.report.curve[i].scratch.kendall_tau, 1e-12);
  }
}

TEST(Predictors, WritesWhatTheOtherStagesRead) {
  Fixture const f;
  SharedDir const dir(f.world);
  StudyLayout const layout{dir.path};
  if (f.world.is_root()) write_shards(f, dir.path, f.space.hash);
  mpi::barrier(f.world);
  EXPECT_THROW(train_study(f, layout, Predictors::quant),
               Error);  // no predictor.pt yet
  train_study(f, layout, Predictors::fp);
  auto const report = train_study(f, layout, Predictors::quant);
  EXPECT_TRUE(report.quant);
  EXPECT_FALSE(report.fp);
  space::Encoding const encoding(f.space);
  EXPECT_FALSE(AccuracyPredictor::load(layout.predictor_fp(), encoding).is_quantised());
  EXPECT_TRUE(AccuracyPredictor::load(layout.predictor_quant(), encoding).is_quantised());
  EXPECT_TRUE(AccuracyPredictor::load(layout.predictor_scratch(), encoding).is_quantised());

  // The full-precision part that was there stays.
  auto const all = study::read_training(layout.train_metrics());
  ASSERT_TRUE(all.fp && all.quant);
  EXPECT_EQ(all.fp->rows, 120u);
  EXPECT_EQ(all.fp->model, "mlp 3x32");
  EXPECT_EQ(all.fp->train_rows + all.fp->verdict.held_out.size(), 120u);
  EXPECT_EQ(all.fp->verdict.held_out[0].total, 2000u);
  for (auto const* verdict : {&all.quant->transfer, &all.quant->scratch})
    for (auto const& e :
         {verdict->metrics.kendall_tau, verdict->metrics.spearman, verdict->metrics.pairwise_accuracy, verdict->metrics.rmse_points})
      EXPECT_TRUE(e.low <= e.value && e.value <= e.high);
  EXPECT_LE(all.quant->kendall_tau_difference.low, all.quant->kendall_tau_difference.high);
  EXPECT_EQ(all.quant->curve.size(), 3u);
  EXPECT_EQ(all.quant->curve[2].splits, 2);
}

TEST(Predictors, RefusesShardsOfAnotherSpaceAndTooFewRows) {
  Fixture f;
  SharedDir const dir(f.world);
  StudyLayout const layout{dir.path};
  auto failure = [&] {
    try {
      train_study(f, layout);
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), Errc::data);
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(failure().find("apq collect --stage fp"), std::string::npos);
  if (f.world.is_root()) write_shards(f, dir.path, std::string(64, 'a'));
  mpi::barrier(f.world);
  auto const message = failure();
  EXPECT_NE(message.find(std::string(64, 'a')), std::string::npos) << message;
  EXPECT_NE(message.find(f.space.hash), std::string::npos) << message;
  f.fp.resize(5);
  mpi::barrier(f.world);
  if (f.world.is_root()) write_shards(f, dir.path, f.space.hash);
  mpi::barrier(f.world);
  EXPECT_NE(failure().find("collect 20 rows or more"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(layout.train_metrics()));
}

TEST(Predictors, ExplorationReplacesNothing) {
  Fixture const f;
  SharedDir const dir(f.world);
  StudyLayout const layout{dir.path};
  if (f.world.is_root()) write_shards(f, dir.path, f.space.hash);
  mpi::barrier(f.world);
  auto const report = train_study(f, layout, Predictors::all, Keep::nothing);
  EXPECT_EQ(report.fp->rows, 120u);
  EXPECT_EQ(report.quant->rows, 60u);
  for (auto const& file : {layout.train_metrics(), layout.predictor_fp(), layout.predictor_quant(), layout.predictor_scratch()})
    EXPECT_FALSE(std::filesystem::exists(file)) << file;
}

TEST(Predictors, ALostShardIsAnError) {
  Fixture f;
  SharedDir const dir(f.world);
  StudyLayout const layout{dir.path};
  if (f.world.is_root()) {
    write_shards(f, dir.path, f.space.hash);
    h5::write_joined(h5::read_dataset(layout.shards("fp")), layout.joined("fp"));
    std::filesystem::remove(layout.shards("fp") / "shard_0.h5");
  }
  mpi::barrier(f.world);
  try {
    train_study(f, layout, Predictors::fp);
    ADD_FAILURE() << "trained without the lost shard";
  } catch (Error const& error) {
    EXPECT_NE(std::string(error.what()).find("shard_0.h5"), std::string::npos) << error.what();
  }
  mpi::barrier(f.world);
}

// A table with repeats: a subnet's rows are all judged by or none of them.
TEST(Predictors, RepeatsAreHeldOutTogether) {
  Fixture f;
  for (std::size_t i = 0; i < f.quant.size(); ++i) f.quant[i].genes = f.quant[i % 30].genes;
  auto const fp = train_fp(f.world, f.space, f.fp, quick(), seed);
  auto const quant = train_quant(f.world, f.space, fp.predictor, f.quant, quick(), seed);
  std::set<std::uint64_t> held_out;
  for (auto const& row : quant.report.transfer.held_out) held_out.insert(row.id);
  EXPECT_FALSE(held_out.empty());
  for (std::uint64_t id = 0; id < 30; ++id) EXPECT_EQ(held_out.contains(id), held_out.contains(id + 30));
  EXPECT_EQ(quant.report.train_rows + held_out.size(), f.quant.size());
  // A quarter of these rows is enough rows but not enough subnets for a point of the curve.
  for (auto& row : f.quant) row.genes = f.quant[row.id % 16].genes;
  auto one_split = quick();
  one_split.curve_splits = 1;
  EXPECT_EQ(train_quant(f.world, f.space, fp.predictor, f.quant, one_split, seed).report.curve.size(), 2u);
}

TEST(Predictors, TinySetsSkipCurvePointsThatAreTooSmall) {
  Fixture f;
  auto const fp = train_fp(f.world, f.space, f.fp, quick(), seed);
  f.quant.resize(24);
  auto const quant = train_quant(f.world, f.space, fp.predictor, f.quant, quick(), seed);
  EXPECT_LT(quant.report.curve.size(), 3u);
  for (auto const& point : quant.report.curve) EXPECT_GE(point.train_rows, min_training);
  auto without = quick();
  without.curve.clear();
  EXPECT_TRUE(train_quant(f.world, f.space, fp.predictor, f.quant, without, seed).report.curve.empty());
}

}  // namespace
