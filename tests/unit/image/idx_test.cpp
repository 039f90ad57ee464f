#include "common/image/idx.hpp"

#include <chrono>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/image/source.hpp"
#include "support/encode_image.hpp"
#include "support/mutation.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;

std::string header(int dimensions, std::vector<unsigned> const& sizes) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(dimensions)};
  for (unsigned s : sizes)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(s >> shift & 0xff);
  return bytes;
}

// Two images of 2x2: 1..4 and 5..8.
std::string const images = header(3, {2, 2, 2}) + "\x01\x02\x03\x04\x05\x06\x07\x08";
std::string const labels = header(1, {2}) + std::string("\x00\x01", 2);

void expect_refused(std::string const& image_bytes, std::string const& label_bytes, std::string const& reason, int size = 4,
                    int classes = 10) {
  test::TempDir const directory;
  replace_file(directory / "images", image_bytes);
  replace_file(directory / "labels", label_bytes);
  try {
    image::IdxFiles(directory / "images", directory / "labels", size, classes);
    FAIL() << "must be refused: " << reason;
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::data);
    EXPECT_NE(std::string(e.what()).find(reason), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find(directory.path().string()), std::string::npos) << e.what();
  }
}

TEST(Idx, CentresImagesOnABlackSquare) {
  test::TempDir const directory;
  replace_file(directory / "images", images);
  replace_file(directory / "labels", labels);
  image::IdxFiles const idx(directory / "images", directory / "labels", 4, 10);
  ASSERT_EQ(idx.num(), 2u);
  EXPECT_EQ(idx.labels(), (std::vector<std::int32_t>{0, 1}));
  std::vector<std::uint8_t> const expected{0, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8, 0, 0, 0, 0, 0};
  std::vector<std::uint8_t> second(16, 77);
  idx.draw(1, second);
  EXPECT_EQ(second, expected);
}

TEST(Idx, AreCountedByTheirLabels) {
  test::TempDir const directory;
  auto const count = [&](bool is_training) {
    return image::source_kind("idx").count({.paths = {directory.path().string()}}, is_training, 100);
  };
  EXPECT_THROW(count(true), Error);
  replace_file(directory / "train-labels-idx1-ubyte", labels);
  replace_file(directory / "t10k-labels-idx1-ubyte", header(1, {259}));
  EXPECT_EQ(count(true), 2u);
  EXPECT_EQ(count(false), 259u);
  replace_file(directory / "train-labels-idx1-ubyte", "short");
  EXPECT_THROW(count(true), Error);
}

TEST(Idx, ReadsGzipToTheSameImages) {
  test::TempDir const directory;
  replace_file(directory / "images", images);
  replace_file(directory / "labels", labels);
  gzFile const file = gzopen((directory / "images.gz").c_str(), "wb");
  gzwrite(file, images.data(), static_cast<unsigned>(images.size()));
  gzclose(file);
  image::IdxFiles const plain(directory / "images", directory / "labels", 4, 10);
  image::IdxFiles const packed(directory / "images.gz", directory / "labels", 4, 10);
  std::vector<std::uint8_t> one(16), other(16);
  for (std::size_t i = 0; i < 2; ++i) {
    plain.draw(i, one);
    packed.draw(i, other);
    EXPECT_EQ(one, other);
  }
  EXPECT_EQ(plain.hash(), packed.hash());
}

TEST(Idx, RefusesWhatIsNotWhole) {
  expect_refused(images.substr(0, images.size() - 1), labels, "is truncated");
  expect_refused(images.substr(0, 7), labels, "is truncated");
  expect_refused("", labels, "is truncated");
  expect_refused(images + "x", labels, "is too long");
  expect_refused(std::string("\0\0\x08\x02", 4) + images.substr(4), labels, "magic number 00000802");
  expect_refused(std::string("\x89PNG", 4) + images.substr(4), labels, "is not an IDX file");
  expect_refused(images, header(1, {3}) + std::string("\0\0\0", 3), "3 labels for the 2 images");
  expect_refused(images, header(1, {2}) + std::string("\x00\x0a", 2), "label 10 of image 1 is outside 0..9");
  expect_refused(images, labels, "do not fit the space's 1x1", 1);
  expect_refused(header(3, {0xffffffff, 0xffffffff, 0xffffffff}), labels, "more data than any file holds");
}

TEST(Idx, RefusesATruncatedGzipStream) {
  test::TempDir const directory;
  std::string long_images = header(3, {2, 64, 64});
  for (int i = 0; i < 2 * 64 * 64; ++i) long_images += static_cast<char>(i * 2654435761u >> 24);
  gzFile const file = gzopen((directory / "images.gz").c_str(), "wb");
  gzwrite(file, long_images.data(), static_cast<unsigned>(long_images.size()));
  gzclose(file);
  auto const packed = read_file(directory / "images.gz");
  replace_file(directory / "labels", labels);
  for (std::size_t keep : {packed.size() - 1, packed.size() / 2, std::size_t{20}}) {
    replace_file(directory / "cut.gz", packed.substr(0, keep));
    EXPECT_THROW(image::IdxFiles(directory / "cut.gz", directory / "labels", 64, 10), Error) << keep;
  }
}

std::string packed(std::string const& bytes) {
  test::TempDir const directory;
  gzFile const file = gzopen((directory / "x.gz").c_str(), "wb9");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  return read_file(directory / "x.gz");
}

// Most that this process ever had in memory at once, in bytes.
std::size_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

TEST(Idx, UnpacksNoMoreThanTheHeaderPromises) {
  // 64 parts of 64 MiB in a few MiB; gzip takes parts on end for one stream.
  auto const zeros = packed(std::string(64u << 20, '\0'));
  auto const bomb = [&](std::string const& head) {
    auto bytes = packed(head);
    for (int i = 0; i < 64; ++i) bytes += zeros;
    return bytes;
  };
  auto const before = peak_memory();
  auto const start = std::chrono::steady_clock::now();
  expect_refused(bomb(header(3, {2, 2, 2})), labels, "is too long (its header promises 8 bytes of data)");
  expect_refused(images, bomb(header(1, {2})), "is too long (its header promises 2 bytes of data)");
  expect_refused(bomb(header(3, {1000000, 60, 60})), labels, "2 labels for the 1000000 images", 64);
  expect_refused(bomb(header(3, {2, 60000, 60000})), labels, "images of 60000x60000 do not fit");
  expect_refused(packed(header(3, {2, 60000, 60000})), labels, "more than it can hold", 60000);
  expect_refused(header(3, {2, 60000, 60000}), labels, "is truncated (its header promises 7200000000 bytes of data, it holds 0)", 60000);
  EXPECT_LT(peak_memory(), before + (std::size_t{256} << 20));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Idx, NamesAMissingFile) {
  test::TempDir const directory;
  try {
    image::list_idx(directory.path(), "train", 32, 10);
    FAIL();
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::io);
    EXPECT_NE(std::string(e.what()).find("train-images-idx3-ubyte: no such file"), std::string::npos) << e.what();
  }
}

TEST(IdxMutations, EndInImagesOrAnError) {
  test::TempDir const directory;
  std::string const seed = header(3, {5, 4, 3}) + std::string(60, 'p');
  std::string const seed_labels = header(1, {5}) + std::string("\1\2\3\4\0", 5);
  std::string packed(4096, '\0');
  uLongf size = packed.size();
  z_stream stream{};
  ASSERT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(seed.data()));
  stream.avail_in = static_cast<uInt>(seed.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(size);
  ASSERT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  int whole = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    test::write_quickly(directory / "images", i % 3 == 0 ? test::mutated(packed, i) : i % 3 == 1 ? test::mutated(seed, i) : seed);
    test::write_quickly(directory / "labels", i % 3 == 2 ? test::mutated(seed_labels, i) : seed_labels);
    try {
      image::IdxFiles const idx(directory / "images", directory / "labels", 8, 5);
      std::vector<std::uint8_t> out(64);
      for (std::size_t k = 0; k < idx.num(); ++k) idx.draw(k, out);
      ++whole;
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::data) << i << " " << e.what();
    }
  }
  EXPECT_GT(whole, 10);
  EXPECT_LT(whole, 800);
}

}  // namespace
