// Collection in a space of OFA-MobileNetV3's kind: squeeze-excite, h-swish, the image size as a gene.
#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>

#include <gtest/gtest.h>

#include "collect/collector.hpp"
#include "collect/sampler.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/h5/dataset.hpp"
#include "common/image/load.hpp"
#include "common/mpi/collectives.hpp"
#include "common/net/supernet_file.hpp"
#include "evaluate/supernet_evaluator.hpp"
#include "support/encode_image.hpp"
#include "support/mobilenet_v3_space.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;

// Pictures of five classes and a supernet of random weights, seen by all ranks.
class ImageSizes : public testing::Test {
 protected:
  void SetUp() override {
    std::string root;
    if (world_.is_root()) {
      directory_.emplace();
      root = directory_->path().string();
      for (int i = 0; i < 60; ++i) {
        char name[32];
        std::snprintf(name, sizeof name, "/images/%d/%02d.JPEG", i % 5, i);
        make_directory(std::filesystem::path(root + name).parent_path());
        test::write_quickly(root + name, test::jpeg_file(test::sharp_picture(40 + i, 90 - i), 40 + i, 90 - i, 3));
      }
      net::save_supernet(net::make_supernet(space_, 3), root + "/supernet.pt");
    }
    root_ = mpi::broadcast(world_, root);
    data_.training = data_.test = {.kind = "folder", .paths = {root_ + "/images"}, .root = {}, .classes = {}};
    data_.train_images = 0;
    data_.calibration_images = 20;
    data_.validation_images = 40;
    data_.normalisation = {{0.5}, {0.25}};
    mpi::barrier(world_);
  }
  void TearDown() override { mpi::barrier(world_); }

  image::Splits load(mpi::Communicator const& comm, std::vector<int> smaller) const {
    return image::load_splits(comm, data_, {3, 24, 5, {18}}, {.calibration = true, .validation = true, .smaller = std::move(smaller)});
  }
  std::unique_ptr<evaluate::SupernetEvaluator> evaluator(image::Splits const& splits) const {
    return std::make_unique<evaluate::SupernetEvaluator>(space_, root_ + "/supernet.pt", splits.calibration, splits.validation, data_,
                                                         evaluate::EvaluatorConfig{.batch = 16, .calibration_batch = 10});
  }

  mpi::Communicator world_{MPI_COMM_WORLD};
  space::SearchSpace space_ = test::mobilenet_v3_space();
  std::optional<test::TempDir> directory_;
  std::string root_;
  image::DataConfig data_;
};

TEST_F(ImageSizes, AnyNumberOfRanksGivesTheLabelsOfOne) {
  for (std::string const stage : {"fp", "quant"}) {
    auto const splits = load(world_, {18});
    collect::CollectRequest request;
    request.space = &space_;
    request.header.stage = stage;
    request.header.space_hash = space_.hash;
    request.num_samples = 12;
    request.study = {root_};
    collect::collect(world_, request, [&] { return evaluator(splits); });
    auto const rows = h5::read_dataset(request.study.shards(stage)).rows;
    ASSERT_EQ(rows.size(), 12u);

    mpi::Communicator const self(MPI_COMM_SELF);
    auto const own = load(self, {18});
    auto const alone = evaluator(own);
    std::set<int> sizes;
    std::set<std::uint32_t> counts;
    for (auto const& row : rows) {
      EXPECT_EQ(row.genes, collect::sample(space_, 0, stage, row.id));
      auto const subnet = space::subnet_of(space_, row.genes);
      auto const label = alone->evaluate(subnet, row.id);
      EXPECT_EQ(row.correct, label.correct) << stage << row.id;
      EXPECT_EQ(row.total, 40u);
      EXPECT_EQ(row.loss, static_cast<float>(label.loss)) << stage << row.id;
      sizes.insert(subnet.image_size);
      counts.insert(row.correct);
    }
    EXPECT_EQ(sizes, (std::set{18, 24}));
    EXPECT_GT(counts.size(), 1u);
    mpi::barrier(world_);
  }
}

TEST_F(ImageSizes, ASubnetSeesImagesOfItsOwnSize) {
  auto const splits = load(world_, {18});
  auto subnet = space::largest_subnet(space_);
  auto const both = evaluator(splits);
  auto const at_24 = both->evaluate(subnet, 0);
  subnet.image_size = 18;
  auto const at_18 = both->evaluate(subnet, 0);
  EXPECT_NE(at_18.loss, at_24.loss);

  // The same as a study of that size alone, whose images come from the same files.
  data_.resize = 21;  // ceil(18 / 0.875)
  auto const small = image::load_splits(world_, data_, {3, 18, 5}, {.calibration = true, .validation = true});
  subnet.image_size = 0;
  auto const alone = evaluator(small)->evaluate(subnet, 0);
  EXPECT_EQ(alone.loss, at_18.loss);
  EXPECT_EQ(alone.correct, at_18.correct);
}

TEST_F(ImageSizes, ASizeThatWasNotLoadedIsRefused) {
  auto const splits = load(world_, {});
  auto subnet = space::largest_subnet(space_);
  EXPECT_EQ(evaluator(splits)->evaluate(subnet, 0).total, 40u);
  subnet.image_size = 18;
  try {
    evaluator(splits)->evaluate(subnet, 0);
    ADD_FAILURE() << "must be refused";
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::config);
    EXPECT_STREQ(e.what(), "the calibration images were not loaded at 18x18 pixels, which this subnet takes");
  }
}

}  // namespace
