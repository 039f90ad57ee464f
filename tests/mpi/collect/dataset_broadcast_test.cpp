#include "collect/dataset_broadcast.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace {

using namespace apq;

h5::Dataset invented(std::size_t rows) {
  h5::Dataset d;
  d.header.stage = "quant";
  d.header.seed = 9;
  d.header.num_genes = 3;
  d.header.space_hash = "space";
  d.header.config = std::string("with a \0 and a \xff", 16);
  d.header.identity = {{"supernet", "c0ffee"}, {"evaluator.engine", ""}};
  d.files = {{"a/b.h5", 123, "f00", 2}, {"a/c.h5", 0, "", 0}};
  d.damaged = {{"a/d.h5", "is cut off"}};
  for (std::size_t i = 0; i < rows; ++i)
    d.rows.push_back({.id = i * 7,
                      .genes = {static_cast<std::uint8_t>(i), 0, 255},
                      .correct = static_cast<std::uint32_t>(i),
                      .correct5 = 4'000'000'000u,
                      .total = 5,
                      .loss = 0.5f,
                      .seconds = 2.5f,
                      .joules = std::numeric_limits<float>::quiet_NaN()});
  return d;
}

TEST(DatasetBroadcast, EveryRankHasWhatRootHas) {
  mpi::Communicator const world(MPI_COMM_WORLD);
  for (std::size_t rows : {0u, 1u, 20'000u}) {
    auto const expected = invented(rows);
    auto const got = collect::broadcast_dataset(world, world.is_root() ? expected : invented(3));
    EXPECT_EQ(h5::difference(got.header, expected.header), "");
    EXPECT_EQ(got.header.config, expected.header.config);
    EXPECT_EQ(got.header.num_genes, 3);
    EXPECT_EQ(got.files.size(), 2u);
    EXPECT_EQ(got.files.at(0).path, "a/b.h5");
    EXPECT_EQ(got.files.at(0).bytes, 123u);
    EXPECT_EQ(got.files.at(0).sha256, "f00");
    EXPECT_EQ(got.files.at(0).rows, 2u);
    EXPECT_EQ(got.damaged.at(0).message, "is cut off");
    EXPECT_EQ(h5::content_hash(got.rows), h5::content_hash(expected.rows));
    if (rows == 0) continue;
    EXPECT_EQ(got.rows.back().seconds, 2.5f);
    EXPECT_EQ(got.rows.back().loss, 0.5f);
    EXPECT_TRUE(std::isnan(got.rows.back().joules));
  }
}

}  // namespace
