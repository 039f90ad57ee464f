#include <fstream>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "common/checkpoint/state_dict.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/net/weight_import.hpp"
#include "common/space/net_config.hpp"
#include "support/error_of.hpp"
#include "support/legacy_checkpoint.hpp"
#include "support/mutation.hpp"
#include "support/net_config_sample.hpp"
#include "support/safetensors_file.hpp"
#include "support/temp_dir.hpp"

// An absurd length field ends in a failed allocation, which is an error of the file: the sanitizer shall return null too.
extern "C" char const* __asan_default_options() { return "allocator_may_return_null=1:detect_leaks=0"; }

namespace {
using namespace apq;
using namespace std::string_literals;

void write(std::filesystem::path const& file, std::string const& bytes) { std::ofstream(file, std::ios::binary) << bytes; }

/// Reads 1,000 damaged copies of `seed`; each is a state dict of bounded size or one Error(data). Returns the refusals.
int refusals(std::string const& seed, char const* purpose) {
  test::TempDir const dir;
  int refused = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    RandomStream random(2, purpose, i);
    auto const bytes = test::mutated(seed, random);
    write(dir / "m.pt", bytes);
    try {
      std::size_t total = 0;
      for (auto const& [name, tensor] : checkpoint::load_state_dict(dir / "m.pt")) total += tensor.nbytes();
      EXPECT_LE(total, (std::size_t{1} << 20) + 8 * bytes.size());
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::data) << e.what();
      ++refused;
    }
  }
  return refused;
}

TEST(CheckpointMutation, ZipFiles) {
  test::TempDir const dir;
  checkpoint::save_state_dict(dir / "a.pt", {{"weight", at::arange(6, at::kFloat).reshape({2, 3})}, {"bias", at::ones({40})}},
                              checkpoint::DictLayout::wrapped);
  int const refused = refusals(read_file(dir / "a.pt"), "mutation.zip");
  EXPECT_GT(refused, 300);
  EXPECT_LT(refused, 1000);
}

TEST(CheckpointMutation, LegacyFiles) {
  test::TempDir const dir;
  auto const seed = test::legacy_checkpoint(test::legacy_object(), {{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10}});
  write(dir / "a.pth", seed);
  auto const dict = checkpoint::load_state_dict(dir / "a.pth");
  ASSERT_EQ(dict.size(), 2u);
  EXPECT_TRUE(at::equal(dict.at("weight"), at::tensor({1.f, 2.f, 3.f, 4.f, 5.f, 6.f}).reshape({2, 3})));
  EXPECT_TRUE(at::equal(dict.at("bias"), at::tensor({7.f, 8.f, 9.f, 10.f})));
  EXPECT_GT(refusals(seed, "mutation.legacy"), 500);
}

TEST(CheckpointMutation, SafetensorsFiles) {
  auto const seed = test::safetensors_file(
      R"({"weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"bias":{"dtype":"F16","shape":[4],"data_offsets":[24,32]}})",
      std::string(32, '\1'));
  test::TempDir const dir;
  write(dir / "a.safetensors", seed);
  ASSERT_EQ(checkpoint::load_state_dict(dir / "a.safetensors").size(), 2u);
  int const refused = refusals(seed, "mutation.safetensors");
  EXPECT_GT(refused, 500);
  EXPECT_LT(refused, 1000);
}

TEST(CheckpointMutation, ForeignGlobalsInPlaceOfWeightsAreNamed) {
  test::TempDir const dir;
  auto const space = space::parse_space(space::space_file_of(test::net_config_sample(), "n.json"), "n.yaml");
  struct Case {
    std::string object, name;
  };
  for (auto const& [object, name] : {Case{"\x80\x02"
                                          "cposix\nsystem\nX\x04\0\0\0true\x85R."s,
                                          "posix.system"},
                                     Case{"\x80\x02}X\x0a\0\0\0state_dict"
                                          "cos\nsystem\nX\x04\0\0\0true\x85Rs."s,
                                          "os.system"},
                                     Case{"\x80\x02"
                                          "c__builtin__\neval\nX\x01\0\0\0"
                                          "1\x85R."s,
                                          "__builtin__.eval"}}) {
    write(dir / "evil.pth", test::legacy_checkpoint(object, {}));
    try {
      net::import_weights(space, dir / "evil.pth", dir / "out.pt", {});
      FAIL() << name << " must be refused";
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::data);
      EXPECT_NE(std::string(e.what()).find(name), std::string::npos) << e.what();
    }
    EXPECT_FALSE(std::filesystem::exists(dir / "out.pt"));
  }
}

// As torch.zeros(1).expand(16384) would: each copy of a view is larger than the part of the storage that it uses.
TEST(CheckpointMutation, ExpandedViewsCannotMultiply) {
  test::TempDir const dir;
  auto object = "\x80\x02}("s;
  auto const tensor =
      "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0"
      "0X\x03\0\0\0cpuM\x00\x40NtQK\0M\x00\x40\x85K\0\x85\x89NtR"s;
  for (int i = 0; i < 2000; ++i) object += "X\x05\0\0\0"s + std::to_string(10000 + i) + (i == 0 ? tensor + "q\0"s : "h\0"s);
  write(dir / "many.pth", test::legacy_checkpoint(object + "u.", {std::vector<float>(0x4000)}));
  test::expect_error(Errc::data, "claims more data than the file can hold", [&] { checkpoint::load_state_dict(dir / "many.pth"); });
}

TEST(CheckpointMutation, SharedStoragesCannotMultiply) {
  test::TempDir const dir;
  // 2,000 names for one tensor of 64 KiB: 128 MiB from a file of 200 KiB.
  auto object = "\x80\x02}("s;
  std::string const tensor =
      "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0"
      "0X\x03\0\0\0cpuM\x00\x40NtQK\0M\x00\x40\x85K\1\x85\x89"
      "ccollections\nOrderedDict\n)RtR"s;
  for (int i = 0; i < 2000; ++i) {
    auto const name = std::to_string(10000 + i);
    object += "X\x05\0\0\0"s + name + (i == 0 ? tensor + "q\0"s : "h\0"s);
  }
  write(dir / "many.pth", test::legacy_checkpoint(object + "u.", {std::vector<float>(0x4000)}));
  try {
    checkpoint::load_state_dict(dir / "many.pth");
    FAIL() << "must be refused";
  } catch (Error const& e) {
    EXPECT_NE(std::string(e.what()).find("claims more data than the file can hold"), std::string::npos) << e.what();
  }
}

}  // namespace
