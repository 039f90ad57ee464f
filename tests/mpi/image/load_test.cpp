#include "common/image/load.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <limits>
#include <optional>

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/image/decode.hpp"
#include "common/image/resize.hpp"
#include "common/mpi/collectives.hpp"
#include "common/mpi/node_memory.hpp"
#include "common/mpi/shared_array.hpp"
#include "support/encode_image.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;

image::ImageShape const shape{3, 16, 3};

// A folder per class with `num` pictures of different sizes and a list of four for the test split, seen by all ranks.
class LoadImages : public testing::Test {
 protected:
  void SetUp() override {
    std::string root;
    if (world_.is_root()) {
      directory_.emplace();
      root = directory_->path().string();
      for (int i = 0; i < num; ++i) write(root, i, test::jpeg_file(test::sharp_picture(30 + i, 41 - i), 30 + i, 41 - i, 3));
      replace_file(root + "/list.txt", "a/00.JPEG 2\nb/01.JPEG 0\nc/02.JPEG 1\na/03.JPEG 1\n");
    }
    root_ = mpi::broadcast(world_, root);
    config_.training = {.kind = "folder", .paths = {root_ + "/train"}, .root = {}, .classes = {}};
    config_.test = {.kind = "list", .paths = {root_ + "/list.txt"}, .root = root_ + "/train", .classes = {}};
    config_.train_images = 5;
    config_.calibration_images = 4;
    config_.validation_images = 7;
    config_.normalisation = {{0.5}, {0.5}};
    mpi::barrier(world_);
  }
  void TearDown() override { mpi::barrier(world_); }

  static constexpr int num = 17;
  static std::string name(int i) {
    char text[32];
    std::snprintf(text, sizeof text, "/train/%c/%02d.JPEG", "abc"[i % 3], i);
    return text;
  }
  static void write(std::string const& root, int i, std::string const& bytes) {
    make_directory(std::filesystem::path(root + name(i)).parent_path());
    replace_file(root + name(i), bytes);
  }
  void damage(int i) {
    if (world_.is_root()) write(root_, i, read_file(root_ + name(i)).substr(0, 700));
    mpi::barrier(world_);
  }
  void expect_error_on_all(Errc code, std::string const& reason, image::ImageShape const& wanted_shape = shape) {
    try {
      image::load_splits(world_, config_, wanted_shape, {.train = true, .calibration = true, .validation = true, .test = true});
      ADD_FAILURE() << "must be refused: " << reason;
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), code) << e.what();
      EXPECT_NE(std::string(e.what()).find(reason), std::string::npos) << e.what();
      EXPECT_EQ(mpi::broadcast(world_, std::string(e.what())), e.what());
      EXPECT_EQ(std::string(e.what()).find_first_of("\n\x1b"), std::string::npos) << e.what();
    }
  }

  mpi::Communicator world_{MPI_COMM_WORLD};
  std::optional<test::TempDir> directory_;
  std::string root_;
  image::DataConfig config_;
};

TEST_F(LoadImages, GivesEveryRankWhatDecodingAloneGives) {
  auto const splits = image::load_splits(world_, config_, shape, {.train = true, .calibration = true, .validation = true, .test = true});
  EXPECT_EQ(splits.train.decoded->size, 19);  // ceil(16 / 0.875)
  EXPECT_EQ(splits.test.size(), 4u);
  auto const listing = image::list_folder(root_ + "/train", {}, 3);
  image::Decoder decoder;
  for (auto const* split : {&splits.calibration, &splits.validation}) {
    ASSERT_EQ(split->decoded->num, static_cast<int>(split->size()));
    for (std::size_t i = 0; i < split->size(); ++i) {
      auto const& entry = listing.entries[split->indices[i]];
      auto const file = read_file(listing.files[entry.file]);
      std::vector<std::uint8_t> expected(3 * 16 * 16);
      image::fit(decoder.decode({reinterpret_cast<std::uint8_t const*>(file.data()), file.size()}), {3, 19, 16}, expected);
      auto const pixels = split->image(i);
      EXPECT_EQ(std::vector<std::uint8_t>(pixels.begin(), pixels.end()), expected) << split->name << i;
      EXPECT_EQ(split->label(i), entry.label);
    }
  }
  EXPECT_EQ(splits.test.label(0), 2);
}

// Each size comes from the file's own pixels, not from another size; what is damaged is missing at all of them.
TEST_F(LoadImages, SmallerSizesAreThoseOfTheFiles) {
  image::ImageShape several = shape;
  several.smaller = {8, 11};
  auto const splits = image::load_splits(world_, config_, several, {.train = true, .validation = true});
  EXPECT_TRUE(splits.train.smaller.empty());
  EXPECT_FALSE(splits.validation.at_size(9).has_value());
  EXPECT_EQ(splits.validation.at_size(16)->decoded, splits.validation.decoded);
  auto const listing = image::list_folder(root_ + "/train", {}, 3);
  image::Decoder decoder;
  for (auto const& [size, side] : {std::pair(8, 10), std::pair(11, 13)}) {  // ceil(size / 0.875)
    auto const split = splits.validation.at_size(size);
    ASSERT_TRUE(split.has_value());
    for (std::size_t i = 0; i < split->size(); ++i) {
      auto const file = read_file(listing.files[listing.entries[split->indices[i]].file]);
      std::vector<std::uint8_t> expected(static_cast<std::size_t>(3 * size * size));
      image::fit(decoder.decode({reinterpret_cast<std::uint8_t const*>(file.data()), file.size()}), {3, side, size}, expected);
      EXPECT_TRUE(std::ranges::equal(split->image(i), expected)) << size << ' ' << i;
      EXPECT_EQ(split->label(i), splits.validation.label(i));
    }
  }
  // Which sizes are decoded is no part of the split's identity; which sizes there are is.
  auto const one = image::load_splits(world_, config_, several, {.validation = true, .smaller = std::vector{11}});
  EXPECT_EQ(one.validation.fingerprint, splits.validation.fingerprint);
  EXPECT_FALSE(one.validation.at_size(8).has_value());
  EXPECT_TRUE(std::ranges::equal(one.validation.at_size(11)->image(2), splits.validation.at_size(11)->image(2)));
  EXPECT_NE(image::load_splits(world_, config_, shape, {}).validation.fingerprint, splits.validation.fingerprint);

  auto const victim = splits.validation.indices[1];
  if (world_.is_root()) replace_file(listing.files[victim], std::string(listing.entries[victim].bytes, 'x'));
  mpi::barrier(world_);
  config_.max_damaged = 1;
  auto const rest = image::load_splits(world_, config_, several, {.validation = true}).validation;
  ASSERT_EQ(rest.size(), 6u);
  EXPECT_TRUE(std::ranges::equal(rest.at_size(8)->image(1), splits.validation.at_size(8)->image(2)));
}

TEST_F(LoadImages, DecodesOnlyWhatIsWanted) {
  damage(0);  // in the test list as well
  auto const none = image::load_splits(world_, config_, shape, {});
  EXPECT_FALSE(none.train.decoded || none.calibration.decoded || none.validation.decoded || none.test.decoded);
  EXPECT_EQ(none.validation.size(), 7u);
  EXPECT_EQ(none.validation.fingerprint.size(), 64u);
  config_.train_images = 0;
  auto const splits = image::load_splits(world_, config_, {1, 16, 3}, {.train = true});
  EXPECT_FALSE(splits.train.decoded);
  expect_error_on_all(Errc::data, "00.JPEG: damaged JPEG");
}

TEST_F(LoadImages, StopsAtDamagedImagesOrLeavesThemOut) {
  auto const sound = image::load_splits(world_, config_, shape, {.validation = true});
  auto const victims = {sound.validation.indices[1], sound.validation.indices[6]};
  auto const listing = image::list_folder(root_ + "/train", {}, 3);
  mpi::barrier(world_);  // all have listed before a file changes
  for (auto victim : victims) {
    if (world_.is_root()) replace_file(listing.files[victim], std::string(listing.entries[victim].bytes, 'x'));
  }
  mpi::barrier(world_);
  config_.max_damaged = 1;
  expect_error_on_all(Errc::data, "data.max_damaged = 1: 2 images are damaged: ");
  expect_error_on_all(Errc::data, "is neither JPEG, PNG nor WebP");
  config_.max_damaged = 2;
  auto const rest = image::load_splits(world_, config_, shape, {.validation = true}).validation;
  ASSERT_EQ(rest.size(), 5u);
  EXPECT_NE(rest.fingerprint, sound.validation.fingerprint);
  std::vector<std::size_t> const kept{0, 2, 3, 4, 5};
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_TRUE(std::ranges::equal(rest.image(i), sound.validation.image(kept[i]))) << i;
    EXPECT_EQ(rest.label(i), sound.validation.label(kept[i]));
    EXPECT_EQ(rest.indices[i], sound.validation.indices[kept[i]]);
  }
}

TEST_F(LoadImages, KeepsWhatLibjpegWarnsAboutOrDropsIt) {
  auto const sound = image::load_splits(world_, config_, shape, {.validation = true});
  auto const listing = image::list_folder(root_ + "/train", {}, 3);
  auto const victims = {sound.validation.indices[2], sound.validation.indices[5]};
  mpi::barrier(world_);  // all have listed before a file changes
  for (auto victim : victims) {
    auto const& file = listing.files[victim];
    auto const odd = world_.is_root() ? test::odd_jpegs(read_file(file)).at(2) : std::pair<std::string, std::string>();
    if (world_.is_root()) replace_file(file, odd.second);  // as many bytes as before
  }
  mpi::barrier(world_);
  auto const kept = image::load_splits(world_, config_, shape, {.validation = true}).validation;
  EXPECT_EQ(kept.fingerprint, sound.validation.fingerprint);
  EXPECT_TRUE(std::ranges::equal(kept.decoded->pixels, sound.validation.decoded->pixels));

  config_.warnings = image::Warnings::drop;
  auto const listed = image::load_splits(world_, config_, shape, {}).validation;
  EXPECT_NE(listed.fingerprint, sound.validation.fingerprint);
  auto const rest = image::load_splits(world_, config_, shape, {.validation = true}).validation;
  ASSERT_EQ(rest.size(), 5u) << "max_damaged does not count them";
  EXPECT_NE(rest.fingerprint, listed.fingerprint);
  EXPECT_TRUE(std::ranges::equal(rest.image(2), sound.validation.image(3)));
  EXPECT_TRUE(std::ranges::equal(rest.image(4), sound.validation.image(6)));
}

// What ranks tell each other about pictures holds their names.
TEST_F(LoadImages, NamesMayHoldAnything) {
  config_.test = config_.training;
  auto const sound = image::load_splits(world_, config_, shape, {.validation = true});
  if (world_.is_root()) {
    auto const listing = image::list_folder(root_ + "/train", {}, 3);
    for (auto const index : sound.validation.indices) {
      std::filesystem::path const file = listing.files[index];
      auto const renamed = file.parent_path() / (file.stem().string() + "\n7 x\x1b[2J\n\n.JPEG");  // in the same place of the order
      std::filesystem::rename(file, renamed);
      replace_file(renamed, std::string(20, 'x'));
    }
  }
  mpi::barrier(world_);
  expect_error_on_all(Errc::data, "14 images are damaged");  // as the test split has them too
  expect_error_on_all(Errc::data, "\\n7 x\\x1b[2J\\n\\n.JPEG: is neither");
  config_.max_damaged = 14;
  expect_error_on_all(Errc::data, "every image of the validation split is damaged");
}

TEST_F(LoadImages, FailsOnAllRanksAlike) {
  auto const before = config_;
  config_.training.paths = {"/nowhere"};
  expect_error_on_all(Errc::io, "/nowhere: no such directory");
  config_ = before;
  expect_error_on_all(Errc::config, "the space has 4 image channels", {4, 16, 3});
  expect_error_on_all(Errc::data, "holds 3 class folders; the space has 5 classes", {3, 16, 5});
  config_.validation_images = 9;
  expect_error_on_all(Errc::config, "; set data.calibration_images to 3");
  config_ = before;
  config_.resize = 15;
  expect_error_on_all(Errc::config, "data.resize = 15: is less than the space's image size, 16");
  config_ = before;
  config_.normalisation.mean = {0.1, 0.2};
  expect_error_on_all(Errc::config, "data.mean: has 2 numbers for 3 image channels");
  config_ = before;
  config_.train_size = 16384;
  config_.train_images = 17 - 11;
  if (mpi::node_memory().available / (3ull * 16384 * 16384) < 6) {
    auto many = shape;
    many.smaller.assign(20000, 8);
    config_.train_images = 0;
    many.size = 16384;
    config_.validation_images = 12;
    expect_error_on_all(Errc::config, "list fewer image.sizes", many);
    config_.validation_images = 7;
    config_.train_images = 17 - 11;
  }
  auto const images_that_fit = mpi::node_memory().available / (3ull * 16384 * 16384);
  if (images_that_fit < 6) expect_error_on_all(Errc::config, "lower data.train_images");
}

// Proportional set size of the mapping that holds `address`, in KiB: a page that n processes map counts 1/n for each.
double pss_kib(void const* address) {
  std::ifstream smaps("/proc/self/smaps");
  auto const wanted = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    std::uintptr_t first = 0, last = 0;
    double kib = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &first, &last) == 2 && line.find('-') < 17) inside = wanted >= first && wanted < last;
    if (inside && std::sscanf(line.c_str(), "Pss: %lf kB", &kib) == 1) return kib;
  }
  return -1;
}

TEST_F(LoadImages, ANodeHoldsOneCopy) {
  config_.train_size = 1024;
  config_.train_images = 10;
  config_.calibration_images = 3;
  config_.validation_images = 4;
  auto const splits = image::load_splits(world_, config_, shape, {.train = true});
  auto const pixels = splits.train.decoded->pixels;
  ASSERT_EQ(pixels.size(), 10u * 3 * 1024 * 1024);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < pixels.size(); i += 512) sum += pixels[i];  // every rank touches every page
  auto const sums = mpi::allgather<std::uint64_t>(world_, std::span<std::uint64_t const>(&sum, 1));
  for (auto other : sums) EXPECT_EQ(other, sum);
  mpi::barrier(world_);
  std::array<double, 1> kib{pss_kib(pixels.data() + pixels.size() / 2)};
  EXPECT_GT(kib[0], 0);
  mpi::barrier(world_);
  mpi::allreduce_sum(world_, std::span<double>(kib));
  double const one_copy = static_cast<double>(pixels.size()) / 1024;
  EXPECT_GT(kib[0], 0.9 * one_copy);
#ifdef __SANITIZE_ADDRESS__
  if (world_.size() == 1) return;  // pictures that were freed are kept for a while, in the same mapping as the pixels
#endif
  EXPECT_LT(kib[0], 1.1 * one_copy);
}

TEST_F(LoadImages, OneWindowServesTheNode) {
  mpi::SharedArray const array(world_.node(), 1000);
  auto const bytes = array.bytes();
  auto const node = world_.node();
  auto const mine = mpi::block_range(bytes.size(), node.size(), node.rank());
  for (auto i = mine.first; i < mine.last; ++i) bytes[i] = static_cast<std::uint8_t>(i % 251);
  array.publish();
  for (std::size_t i = 0; i < bytes.size(); ++i) EXPECT_EQ(bytes[i], i % 251);
  mpi::barrier(world_);
}

}  // namespace
