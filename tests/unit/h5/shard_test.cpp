#include "common/h5/shard.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <csignal>
#include <cstdlib>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/random.hpp"
#include "common/h5/h5_file.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;
namespace fs = std::filesystem;

h5::Shard random_shard(std::uint64_t index, std::size_t rows, std::uint64_t first_id = 0) {
  RandomStream random(3, "test.shard", index);
  h5::Shard shard;
  auto& h = shard.header;
  h.stage = "fp";
  h.seed = 17;
  h.space_hash = "space";
  h.supernet_hash = "supernet";
  h.evaluation_hash = "evaluation";
  h.config = std::string(100'000, '#') + "\nstudy: {seed: 17}\n";  // longer than HDF5's small attributes
  h.host = "";                                                     // an empty text must survive
  h.num_genes = 5;
  for (std::size_t i = 0; i < rows; ++i) {
    h5::Row row;
    row.id = first_id + i;
    for (int g = 0; g < h.num_genes; ++g) row.genes.push_back(static_cast<std::uint8_t>(random.below(256)));
    row.total = 1000;
    row.correct = static_cast<std::uint32_t>(random.below(1001));
    row.correct5 = 1000;
    row.loss = static_cast<float>(random.uniform());
    row.seconds = 1.5f;
    row.joules = random.chance(0.5) ? std::numeric_limits<float>::quiet_NaN() : 2.0f;
    shard.rows.push_back(row);
  }
  return shard;
}

void expect_equal(h5::Shard const& a, h5::Shard const& b) {
  EXPECT_EQ(a.header.identity(), b.header.identity());
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

template <class Call>
std::string message_of(Call const& call) {
  try {
    call();
  } catch (Error const& e) {
    return e.what();
  }
  return "";
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
            "has shard format 7; this apq reads format 1");
  EXPECT_NE(message_of([&] { h5::read_shard(directory / "absent.h5"); }).find("no such file"), std::string::npos);
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

TEST(Dataset, SortsByIdAndRefusesStrangers) {
  test::TempDir const directory;
  h5::write_shard(directory / "b.h5", random_shard(1, 3, 0));
  h5::write_shard(directory / "a.h5", random_shard(2, 3, 3));
  auto const dataset = h5::read_dataset(directory.path());
  ASSERT_EQ(dataset.rows.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(dataset.rows[i].id, i);

  auto stranger = random_shard(3, 3, 6);
  stranger.header.supernet_hash = "another";
  h5::write_shard(directory / "c.h5", stranger);
  auto const message = message_of([&] { h5::read_dataset(directory.path()); });
  for (char const* part : {"c.h5", "supernet_hash", "another", "supernet"}) EXPECT_NE(message.find(part), std::string::npos) << message;
}

TEST(Dataset, AnIdTwiceMustHaveOneLabel) {
  test::TempDir const directory;
  auto const shard = random_shard(1, 3);
  h5::write_shard(directory / "a.h5", shard);
  h5::write_shard(directory / "b.h5", shard);
  EXPECT_EQ(h5::read_dataset(directory.path()).rows.size(), 3u);
  auto other = shard;
  other.rows[1].correct ^= 1;
  h5::write_shard(directory / "b.h5", other);
  EXPECT_NE(message_of([&] { h5::read_dataset(directory.path()); }).find("sample 1 has two different labels"), std::string::npos);
}

TEST(Dataset, ADamagedShardIsNamedOrTolerated) {
  test::TempDir const directory;
  h5::write_shard(directory / "a.h5", random_shard(1, 3));
  replace_file(directory / "b.h5", "rubbish");
  EXPECT_NE(message_of([&] { h5::read_dataset(directory.path()); }).find("b.h5"), std::string::npos);
  auto const dataset = h5::read_dataset(directory.path(), h5::OnDamage::tolerate);
  EXPECT_EQ(dataset.rows.size(), 3u);
  EXPECT_EQ(dataset.damaged.size(), 1u);
}

TEST(ContentHash, IsOfTheLabelsInIdOrderOnly) {
  auto rows = random_shard(1, 10).rows;
  auto const hash = h5::content_hash(rows);
  EXPECT_EQ(hash.size(), 64u);
  auto changed = rows;
  std::reverse(changed.begin(), changed.end());
  for (auto& row : changed) row.seconds = 9, row.joules = 9, row.loss = 9;
  EXPECT_EQ(h5::content_hash(changed), hash);
  changed[0].correct ^= 1;
  EXPECT_NE(h5::content_hash(changed), hash);
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

bool has_h5py() { return std::system("/usr/bin/python3 -c 'import h5py' 2>/dev/null") == 0; }

// Runs Python lines with h5py on a file `f`; true when all its assertions hold.
bool python_agrees(fs::path const& file, std::string const& lines) {
  auto const script = file.string() + ".py";
  replace_file(script, "import h5py, sys\nimport numpy as np\nf = h5py.File(sys.argv[1], 'r')\n" + lines);
  return std::system(fmt::format("/usr/bin/python3 {} {}", script, file.string()).c_str()) == 0;
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

class Joined : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(directory / "shards/fp");
    h5::write_shard(directory / "shards/fp/a.h5", random_shard(1, 3, 0));
    h5::write_shard(directory / "shards/fp/b.h5", random_shard(2, 4, 3));
    h5::write_shard(directory / "shards/fp/c.h5", random_shard(3, 0, 7));
    h5::write_joined(directory / "shards/fp", joined);
  }
  std::string complaint() const {
    return message_of([&] { h5::check_joined(joined); });
  }
  test::TempDir directory;
  StudyLayout const layout{directory.path()};
  fs::path const joined = layout.joined("fp");
};

TEST_F(Joined, ListsItsShards) {
  EXPECT_EQ(complaint(), "");
  auto const shards = h5::read_manifest(joined);
  ASSERT_EQ(shards.size(), 3u);
  EXPECT_EQ(shards[1].path, directory / "shards/fp/b.h5");
  EXPECT_EQ(shards[1].rows, 4u);
  EXPECT_EQ(h5::read_stage(layout, "fp").rows.size(), 7u);
  EXPECT_EQ(h5::read_stage(layout, "quant").rows.size(), 0u);
}

TEST_F(Joined, IsOneArrayForH5py) {
  if (!has_h5py()) GTEST_SKIP() << "python3-h5py is absent";
  EXPECT_TRUE(python_agrees(joined, R"(
assert list(f['id'][:]) == list(range(7))
assert f['genes'].shape == (7, 5) and (f['total'][:] == 1000).all()
import hashlib, os
manifest = [line.split(' ', 2) for line in f['manifest'].asstr()]
assert [int(rows) for _, rows, _ in manifest] == [3, 4, 0]
for digest, _, path in manifest:
    with open(os.path.join(os.path.dirname(f.filename), path), 'rb') as shard:
        assert hashlib.sha256(shard.read()).hexdigest() == digest
)"));
  fs::remove(directory / "shards/fp/b.h5");
  EXPECT_TRUE(python_agrees(joined, R"(
assert list(f['id'][:3]) == [0, 1, 2]
assert (f['id'][3:] == 2**64 - 1).all() and (f['total'][3:] == 2**32 - 1).all()
assert np.isnan(f['loss'][3:]).all()
)")) << "the rows of a missing shard must not look like labels";
}

TEST_F(Joined, AMissingShardIsAnError) {
  fs::remove(directory / "shards/fp/b.h5");
  EXPECT_NE(complaint().find("b.h5 with 4 rows is missing"), std::string::npos) << complaint();
  EXPECT_NE(message_of([&] { h5::read_stage(layout, "fp"); }).find("is missing"), std::string::npos);
}

TEST_F(Joined, AnotherShardOfTheSameNameIsAnError) {
  h5::write_shard(directory / "shards/fp/b.h5", random_shard(9, 4, 3));
  EXPECT_NE(complaint().find("b.h5 has changed"), std::string::npos) << complaint();
}

TEST_F(Joined, NothingToJoinIsAnError) {
  fs::create_directories(directory / "empty");
  EXPECT_NE(message_of([&] { h5::write_joined(directory / "empty", directory / "e.h5"); }).find("holds no shards"), std::string::npos);
}

}  // namespace
