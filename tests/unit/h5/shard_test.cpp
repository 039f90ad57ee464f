#include "common/h5/shard.hpp"

#include <bit>
#include <cmath>
#include <csignal>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "common/core/sha256.hpp"
#include "common/h5/h5_file.hpp"
#include "support/temp_dir.hpp"
#include "unit/h5/shards.hpp"

namespace {

using namespace apq;
using namespace apq::test;
namespace fs = std::filesystem;

void expect_equal(h5::Shard const& a, h5::Shard const& b) {
  EXPECT_EQ(h5::difference(a.header, b.header), "");
  EXPECT_EQ(a.header.engine, b.header.engine);
  EXPECT_EQ(a.header.config, b.header.config);
  EXPECT_EQ(a.header.host, b.header.host);
  ASSERT_EQ(a.rows.size(), b.rows.size());
  for (std::size_t i = 0; i < a.rows.size(); ++i) {
    EXPECT_EQ(a.rows[i].id, b.rows[i].id);
    EXPECT_EQ(a.rows[i].genes, b.rows[i].genes);
    EXPECT_EQ(a.rows[i].correct, b.rows[i].correct);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(a.rows[i].loss), std::bit_cast<std::uint32_t>(b.rows[i].loss));
    EXPECT_EQ(std::isnan(a.rows[i].joules), std::isnan(b.rows[i].joules));
  }
}

TEST(Shard, RoundTrip) {
  test::TempDir const directory;
  for (std::size_t rows : {0u, 1u, 7u, 1500u}) {
    auto const shard = random_shard(rows, rows);
    h5::write_shard(directory / "s.h5", shard);
    expect_equal(h5::read_shard(directory / "s.h5"), shard);
  }
}

// HDF5 itself loops for ever or divides by zero on some damaged files: they must not reach it.
TEST(Shard, EveryChangedByteIsRefused) {
  test::TempDir const directory;
  h5::write_shard(directory / "s.h5", random_shard(1, 40));
  auto const bytes = read_file(directory / "s.h5");
  RandomStream random(5, "test.flip");
  for (int i = 0; i < 400; ++i) {
    auto damaged = bytes;
    auto const where = random.below(bytes.size());
    damaged[where] ^= static_cast<char>(1 + random.below(255));
    replace_file(directory / "d.h5", damaged);
    try {
      h5::read_shard(directory / "d.h5");
      ADD_FAILURE() << "byte " << where << " was changed";
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::data) << e.what();
      EXPECT_NE(std::string(e.what()).find("d.h5"), std::string::npos) << e.what();
    }
  }
}

TEST(Shard, TruncatedAndForeignFilesAreNamed) {
  test::TempDir const directory;
  h5::write_shard(directory / "s.h5", random_shard(1, 100));
  auto const bytes = read_file(directory / "s.h5");
  auto message = [&](std::string const& content) {
    replace_file(directory / "d.h5", content);
    return message_of([&] { h5::read_shard(directory / "d.h5"); });
  };
  auto expect_in = [](std::string const& text, char const* part) {
    EXPECT_NE(text.find("d.h5"), std::string::npos) << text;
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  for (std::size_t keep : {std::size_t{100}, bytes.size() / 2, bytes.size() - 1}) expect_in(message(bytes.substr(0, keep)), "is cut off");
  expect_in(message(""), "is not an HDF5 file");
  expect_in(message("not HDF5 at all"), "is not an HDF5 file");
  expect_in(message_of([&] {
              auto file = h5::File::create("other");
              file.write_attribute("title", "weather");
              file.save(directory / "d.h5");
              h5::read_shard(directory / "d.h5");
            }),
            "is an HDF5 file, but not an apq shard");
  expect_in(message_of([&] {
              auto file = h5::File::create("newer");
              file.write_attribute("format", "apq shard");
              file.write_attribute("format_version", std::uint64_t{7});
              file.save(directory / "d.h5");
              h5::read_shard(directory / "d.h5");
            }),
            "has shard format 7; this apq reads format 2");
  EXPECT_NE(message_of([&] { h5::read_shard(directory / "absent.h5"); }).find("no such file"), std::string::npos);
}

TEST(Shard, AnotherVersionIsNoDamage) {
  test::TempDir const directory;
  auto file = h5::File::create("newer");
  file.write_attribute("format", "apq shard");
  file.write_attribute("format_version", std::uint64_t{1});
  file.save(directory / "d.h5");
  EXPECT_THROW(h5::load_shard(directory / "d.h5"), h5::OtherVersion);
}

TEST(Shard, LoadingTellsWhatTheFileWas) {
  test::TempDir const directory;
  h5::write_shard(directory / "s.h5", random_shard(1, 7));
  auto const [file, shard] = h5::load_shard(directory / "s.h5");
  EXPECT_EQ(file.path, directory / "s.h5");
  EXPECT_EQ(file.bytes, fs::file_size(directory / "s.h5"));
  EXPECT_EQ(file.sha256, sha256_of_file(directory / "s.h5"));
  EXPECT_EQ(file.rows, 7u);
  EXPECT_EQ(shard.rows.size(), 7u);
}

TEST(Shard, RowsOfAnotherWidthThanTheHeaderAreABug) {
  test::TempDir const directory;
  auto shard = random_shard(1, 3);
  shard.rows[1].genes.pop_back();
  try {
    h5::write_shard(directory / "s.h5", shard);
    ADD_FAILURE() << "must be refused";
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::internal);
  }
  EXPECT_FALSE(fs::exists(directory / "s.h5"));
}

// As texts of their own, not as an attribute: HDF5 limits those to 64 KiB.
TEST(File, HoldsMoreLinesThanAnAttributeCould) {
  test::TempDir const directory;
  std::vector<std::string> lines;
  for (int i = 0; i < 2000; ++i) lines.push_back(std::string(static_cast<std::size_t>(i % 120), 'x') + "y");
  auto file = h5::File::create("lines");
  file.write_lines("manifest", lines, "test");
  file.save(directory / "l.h5");
  EXPECT_EQ(h5::File::open(directory / "l.h5").read_lines("manifest"), lines);
}

// A disk that is full looks like a file that may not grow: the write fails, the shard of before
// stays whole.
TEST(Shard, AFullDiskIsAnErrorAndTheOldShardStays) {
  test::TempDir const directory;
  auto const old = random_shard(1, 10);
  h5::write_shard(directory / "s.h5", old);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit const small{64 << 10, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  auto const message = message_of([&] { h5::write_shard(directory / "s.h5", random_shard(2, 200'000)); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(message.find("s.h5"), std::string::npos) << message;
  expect_equal(h5::read_shard(directory / "s.h5"), old);
  int files = 0;
  for ([[maybe_unused]] auto const& entry : fs::directory_iterator(directory.path())) ++files;
  EXPECT_EQ(files, 1);  // no temporary file stays
}

TEST(Shard, IsReadableWithH5py) {
  if (!has_h5py()) GTEST_SKIP() << "python3-h5py is absent";
  test::TempDir const directory;
  h5::write_shard(directory / "s.h5", random_shard(1, 9));
  EXPECT_TRUE(python_agrees(directory / "s.h5", R"(
assert (f['id'][:] == np.arange(9)).all() and f['id'].dtype == np.uint64
assert f['genes'].shape == (9, 5) and f['genes'].maxshape == (None, 5)
assert (f['correct'][:] <= f['total'][:]).all()
assert f['loss'].attrs['unit'] == 'nats' and f.attrs['stage'] == 'fp' and f.attrs['seed'] == 17
)"));
}

}  // namespace
