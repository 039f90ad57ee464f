#include "common/h5/shard.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <csignal>
#include <cstdlib>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/random.hpp"
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
  h.config = "study: {seed: 17}\n";
  h.host = "";  // an empty text must survive
  h.num_genes = 5;
  for (std::size_t i = 0; i < rows; ++i) {
    h5::Row row;
    row.id = first_id + i;
    for (int g = 0; g < h.num_genes; ++g)
      row.genes.push_back(static_cast<std::uint8_t>(random.below(256)));
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
    EXPECT_EQ(std::bit_cast<std::uint32_t>(a.rows[i].loss),
              std::bit_cast<std::uint32_t>(b.rows[i].loss));
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

// Whatever byte is damaged, the reader either says so or gives the very rows that were written.
TEST(Shard, NoFlippedByteGivesAWrongRow) {
  test::TempDir const directory;
  auto const shard = random_shard(1, 40);
  h5::write_shard(directory / "s.h5", shard);
  auto const bytes = read_file(directory / "s.h5");
  RandomStream random(5, "test.flip");
  int refused = 0;
  for (int i = 0; i < 400; ++i) {
    auto damaged = bytes;
    damaged[random.below(bytes.size())] ^= static_cast<char>(1 + random.below(255));
    replace_file(directory / "d.h5", damaged);
    try {
      expect_equal(h5::read_shard(directory / "d.h5"), shard);
    } catch (Error const& e) {
      ++refused;
      EXPECT_NE(std::string(e.what()).find("d.h5"), std::string::npos) << e.what();
    }
  }
  EXPECT_GT(refused, 0);
}

TEST(Shard, TruncatedAndForeignFilesAreNamed) {
  test::TempDir const directory;
  h5::write_shard(directory / "s.h5", random_shard(1, 100));
  auto const bytes = read_file(directory / "s.h5");
  for (std::size_t keep : {std::size_t{0}, std::size_t{100}, bytes.size() / 2, bytes.size() - 1}) {
    replace_file(directory / "cut.h5", bytes.substr(0, keep));
    EXPECT_NE(message_of([&] { h5::read_shard(directory / "cut.h5"); }).find("cut.h5"),
              std::string::npos)
        << keep;
  }
  replace_file(directory / "text.h5", "not HDF5 at all");
  EXPECT_NE(message_of([&] {
              h5::read_shard(directory / "text.h5");
            }).find("is not a readable HDF5 file"),
            std::string::npos);
  EXPECT_NE(message_of([&] { h5::read_shard(directory / "absent.h5"); }).find("no such file"),
            std::string::npos);
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
  for (char const* part : {"c.h5", "supernet_hash", "another", "supernet"})
    EXPECT_NE(message.find(part), std::string::npos) << message;
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
  EXPECT_NE(message_of([&] {
              h5::read_dataset(directory.path());
            }).find("sample 1 has two different labels"),
            std::string::npos);
}

TEST(Dataset, ADamagedShardIsNamedOrTolerated) {
  test::TempDir const directory;
  h5::write_shard(directory / "a.h5", random_shard(1, 3));
  replace_file(directory / "b.h5", "rubbish");
  EXPECT_NE(message_of([&] { h5::read_dataset(directory.path()); }).find("b.h5"),
            std::string::npos);
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
  auto const message =
      message_of([&] { h5::write_shard(directory / "s.h5", random_shard(2, 200'000)); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(message.find("s.h5"), std::string::npos) << message;
  expect_equal(h5::read_shard(directory / "s.h5"), old);
  int files = 0;
  for ([[maybe_unused]] auto const& entry : fs::directory_iterator(directory.path())) ++files;
  EXPECT_EQ(files, 1);  // no temporary file stays
}

TEST(Joined, IsOneArrayForH5pyAndAMissingShardIsAnError) {
  test::TempDir const directory;
  fs::create_directories(directory / "shards");
  h5::write_shard(directory / "shards/a.h5", random_shard(1, 3, 0));
  h5::write_shard(directory / "shards/b.h5", random_shard(2, 4, 3));
  h5::write_joined(directory / "shards", directory / "all.h5");
  EXPECT_NO_THROW(h5::check_joined(directory / "all.h5"));
  std::string const python =
      "/usr/bin/python3 -c 'import h5py,sys; f=h5py.File(sys.argv[1]); assert list(f[\"id\"][:]) "
      "== list(range(7)); "
      "assert f[\"genes\"].shape == (7, 5)' ";
  if (std::system("/usr/bin/python3 -c 'import h5py' 2>/dev/null") == 0) {
    EXPECT_EQ(std::system((python + (directory / "all.h5").string()).c_str()), 0);
  }
  fs::remove(directory / "shards/b.h5");
  auto const message = message_of([&] { h5::check_joined(directory / "all.h5"); });
  EXPECT_NE(message.find("b.h5 is missing"), std::string::npos) << message;
}

}  // namespace
