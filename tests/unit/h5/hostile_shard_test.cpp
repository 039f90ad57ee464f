// Files of HDF5 whose seal is right and whose content nobody wrote in good faith.
#include <array>
#include <functional>

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/h5/h5_file.hpp"
#include "common/h5/joined.hpp"
#include "common/h5/seal.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"
#include "unit/h5/shards.hpp"

namespace {

using namespace apq;
using namespace apq::test;

class HostileShard : public ::testing::Test {
 protected:
  // A sound shard of three rows, changed by HDF5 itself and sealed again.
  void change(std::function<void(hid_t file)> const& how) {
    h5::write_shard(file, random_shard(1, 3));
    replace_file(file, h5::unsealed(read_file(file), file.string()));
    auto const id = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    ASSERT_GE(id, 0);
    how(id);
    ASSERT_GE(H5Fclose(id), 0);
    replace_file(file, h5::sealed(read_file(file)));
  }
  void expect_refused(std::string const& part) const {
    expect_error(Errc::data, part, [&] { h5::read_shard(file); });
    expect_error(Errc::data, part, [&] { h5::load_shard(file); });
  }
  // A dataset in place of that name.
  static void put(hid_t id, char const* name, hid_t type, hsize_t rows, std::function<void(hid_t)> const& properties) {
    ASSERT_GE(H5Ldelete(id, name, H5P_DEFAULT), 0);
    auto const space = H5Screate_simple(1, &rows, nullptr), plist = H5Pcreate(H5P_DATASET_CREATE);
    properties(plist);
    auto const dataset = H5Dcreate2(id, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    ASSERT_GE(dataset, 0);
    H5Dclose(dataset);
    H5Pclose(plist);
    H5Sclose(space);
  }
  static hid_t variable_text() {
    auto const type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
  }

  TempDir dir;
  std::filesystem::path const file = dir / "s.h5";
};

TEST_F(HostileShard, IsReadAsLongAsNothingIsChanged) {
  change([](hid_t) {});
  EXPECT_EQ(h5::read_shard(file).rows.size(), 3u);
}

TEST_F(HostileShard, AnAttributeOfManyTextsIsNoText) {
  change([](hid_t id) {
    H5Adelete(id, "host");
    hsize_t const many = 1000;
    auto const space = H5Screate_simple(1, &many, nullptr);
    auto const attribute = H5Acreate2(id, "host", variable_text(), space, H5P_DEFAULT, H5P_DEFAULT);
    std::vector<char const*> const texts(many, "AAAAAAAAAAAAAAAA");
    ASSERT_GE(H5Awrite(attribute, variable_text(), texts.data()), 0);
    H5Aclose(attribute);
  });
  expect_refused("host has 1000 values, not one");
}

TEST_F(HostileShard, ANumberOfAnotherTypeIsNone) {
  change([](hid_t id) {
    H5Adelete(id, "seed");
    auto const attribute = H5Acreate2(id, "seed", H5T_NATIVE_INT8, H5Screate(H5S_SCALAR), H5P_DEFAULT, H5P_DEFAULT);
    H5Aclose(attribute);
  });
  expect_refused("attribute seed is not a number");
}

TEST_F(HostileShard, MoreRowsThanTheFileHoldsAreNotAllocated) {
  change([](hid_t id) {
    put(id, "id", H5T_NATIVE_UINT64, hsize_t{1} << 32, [](hid_t plist) {
      hsize_t const chunk = 1024;
      H5Pset_chunk(plist, 1, &chunk);
    });
  });
  expect_refused("id claims 4294967296 x 1 values of 8 bytes in a file of");
}

TEST_F(HostileShard, SizesThatWrapAroundAreSeen) {
  h5::Dataset const dataset = [&] {
    h5::write_shard(file, random_shard(1, 3));
    return h5::read_dataset(dir.path());
  }();
  auto const joined = dir / "joined.h5";
  h5::write_joined(dataset, joined);
  replace_file(joined, h5::unsealed(read_file(joined), joined.string()));
  auto const id = H5Fopen(joined.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  auto const type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, std::size_t{1} << 30);
  put(id, "manifest", type, hsize_t{1} << 34, [](hid_t plist) {
    hsize_t const chunk = 1;
    H5Pset_chunk(plist, 1, &chunk);
  });
  H5Fclose(id);
  replace_file(joined, h5::sealed(read_file(joined)));
  expect_error(Errc::data, "manifest claims 17179869184 x 1 values of 1073741824 bytes", [&] { h5::read_manifest(joined); });
}

TEST_F(HostileShard, WhatLiesInOtherFilesIsNotRead) {
  change([](hid_t id) { put(id, "loss", H5T_NATIVE_FLOAT, 3, [](hid_t plist) { H5Pset_external(plist, "/etc/passwd", 0, 12); }); });
  expect_refused("loss lies in other files");
  change([](hid_t id) {
    put(id, "loss", H5T_NATIVE_FLOAT, 3, [](hid_t plist) {
      hsize_t const rows = 3;
      auto const space = H5Screate_simple(1, &rows, nullptr);
      H5Pset_virtual(plist, space, "/tmp/another.h5", "loss", space);
    });
  });
  expect_refused("loss lies in other files");
}

TEST_F(HostileShard, LinksAreNotFollowed) {
  change([](hid_t id) {
    H5Ldelete(id, "loss", H5P_DEFAULT);
    H5Lcreate_external("/tmp/another.h5", "loss", id, "loss", H5P_DEFAULT, H5P_DEFAULT);
  });
  expect_refused("loss is a link to elsewhere");
  change([](hid_t id) {
    H5Ldelete(id, "loss", H5P_DEFAULT);
    H5Lcreate_soft("/seconds", id, "loss", H5P_DEFAULT, H5P_DEFAULT);
  });
  expect_refused("loss is a link to elsewhere");
}

TEST_F(HostileShard, NothingIsInflated) {
  change([](hid_t id) {
    put(id, "id", H5T_NATIVE_UINT64, 3, [](hid_t plist) {
      hsize_t const chunk = 3;
      H5Pset_chunk(plist, 1, &chunk);
      H5Pset_deflate(plist, 9);
    });
  });
  expect_refused("id is compressed or filtered");
}

TEST_F(HostileShard, ImpossibleCountsAreNoLabels) {
  for (auto const& counts : {std::array{300u, 300u, 100u}, std::array{60u, 50u, 100u}, std::array{0u, 0u, 0u}}) {
    auto shard = random_shard(1, 3);
    shard.rows[1].correct = counts[0];
    shard.rows[1].correct5 = counts[1];
    shard.rows[1].total = counts[2];
    h5::write_shard(file, shard);
    expect_refused("sample 1 has impossible counts");
    expect_error(Errc::data, "sample 1 has impossible counts", [&] { h5::read_dataset(dir.path()); });
  }
}

}  // namespace
