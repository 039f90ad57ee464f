#include "common/engine/image_batch.hpp"

#include <gtest/gtest.h>

namespace {

using namespace apq;

image::Split decoded_split(int channels) {
  auto const pixels = std::make_shared<std::vector<std::uint8_t>>();
  auto set = std::make_shared<image::ImageSet>();
  set->num = 7;
  set->channels = channels;
  set->size = 4;
  for (std::size_t i = 0; i < 7 * set->image_bytes(); ++i) pixels->push_back(static_cast<std::uint8_t>(i * 7));
  set->labels = {0, 1, 2, 3, 4, 5, 6};
  set->pixels = *pixels;
  set->owner = pixels;
  return {"t", {9, 8, 7, 6, 5, 4, 3}, "", set};
}

TEST(ImageBatches, AreTheSameKeptOrMadeAnew) {
  auto const split = decoded_split(3);
  image::Normalisation const normalisation{{0.1, 0.2, 0.3}, {0.5}};
  engine::ImageBatches const kept(split, 3, normalisation);
  engine::ImageBatches const anew(split, 3, normalisation, 0);
  ASSERT_EQ(kept.size(), 3u);
  ASSERT_EQ(anew.size(), 3u);
  EXPECT_EQ(anew[2].size(0), 1);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(at::equal(kept[i], anew[i]));
  EXPECT_TRUE(kept[0].is_same(kept[0]));
  EXPECT_FALSE(anew[0].is_same(anew[0]));
}

TEST(ImageBatches, AreTheSameFromBytesOnADevice) {
  std::vector<at::Device> devices{at::kCPU};
  if (at::hasCUDA()) devices.push_back(at::kCUDA);
  for (int const channels : {1, 3}) {
    auto const split = decoded_split(channels);
    image::Normalisation const normalisation{channels == 1 ? std::vector{0.1} : std::vector{0.1, 0.2, 0.3}, {0.5}};
    engine::ImageBatches const host(split, 3, normalisation);
    for (auto const& device : devices) {
      auto const there = engine::ImageBatches::on(device, split, 3, normalisation);
      ASSERT_EQ(there.size(), 3u);
      for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(there[i].device().type(), device.type());
        EXPECT_TRUE(at::equal(there[i].to(at::kCPU), host[i])) << i;
      }
    }
  }
}

TEST(ImageBatches, NormaliseEachChannelByItsOwnNumbers) {
  auto const split = decoded_split(2);
  auto const batch = engine::normalised_batch(split, 1, 2, {{0.25, 0.5}, {0.5, 0.2}});
  double const second = split.image(2)[16 + 5] / 255.0;
  EXPECT_NEAR(batch[1][1][1][1].item<double>(), (second - 0.5) / 0.2, 1e-5);
  double const first = split.image(1)[5] / 255.0;
  EXPECT_NEAR(batch[0][0][1][1].item<double>(), (first - 0.25) / 0.5, 1e-5);
  EXPECT_EQ(engine::label_batch(split, 1, 2)[1].item<std::int64_t>(), 2);
}

// One number must go on giving, to the bit, what earlier labels were made with.
TEST(ImageBatches, OneNumberIsPlainArithmetic) {
  auto const split = decoded_split(1);
  auto const batch = engine::normalised_batch(split, 0, 1, {{0.2860}, {0.3530}}).contiguous().view({-1});
  auto bytes = at::empty({16}, at::kByte);
  std::copy_n(split.image(0).begin(), 16, bytes.data_ptr<std::uint8_t>());
  EXPECT_TRUE(at::equal(batch, bytes.to(at::kFloat).div_(255).sub_(0.2860).div_(0.3530)));
}

}  // namespace
