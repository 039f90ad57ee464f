#include "common/space/search_space.hpp"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "common/space/encoding.hpp"
#include "support/shared_data.hpp"

namespace {
using namespace apq;
using space::parse_space;
using space::Role;

std::string const tiny = R"(name: tiny
image: {channels: 1, size: 16, classes: 10}
stem: {width: 8, kernel: 3, stride: 2}
first_block: {width: 8, kernel: 3}
feature_mix: {width: 32}
channel_divisor: 4
stages:
  - {width: 8, stride: 2, depths: [1, 2], kernels: [3, 5], middle: {min_ratio: 2, max_ratio: 3, step: 4}}
  - {width: 12, stride: 1, depths: [1], kernels: [3], middle: {min: 16, max: 24, step: 8}}
bits:
  pw_w: [4, 8]
  pw_a: [8]
  dw_w: [8]
  dw_a: [4, 8]
forbidden:
  - {kernel: 5, role: dw_a, bits: 4}
)";

std::string with(std::string const& from, std::string const& to) {
  auto text = tiny;
  auto const at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string error_of(std::string const& yaml) {
  try {
    parse_space(yaml, "s.yaml");
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::config);
    return e.what();
  }
  return "no error";
}

TEST(SearchSpace, BlocksFollowFromStages) {
  auto const space = parse_space(tiny, "s.yaml");
  ASSERT_EQ(space.num_blocks(), 3);
  ASSERT_EQ(space.num_stages(), 2);
  EXPECT_EQ(space.num_architecture_genes(), 8);
  EXPECT_EQ(space.num_genes(), 20);
  auto const& first = space.blocks[0];
  EXPECT_EQ(first.in_channels, 8);
  EXPECT_EQ(first.in_size, 8);
  EXPECT_EQ(first.stride, 2);
  EXPECT_FALSE(first.has_shortcut());
  EXPECT_EQ(first.middle_channels, (std::vector{16, 20, 24}));
  auto const& second = space.blocks[1];
  EXPECT_EQ(second.in_size, 4);
  EXPECT_EQ(second.stride, 1);
  EXPECT_EQ(second.position, 1);
  EXPECT_TRUE(second.has_shortcut());
  auto const& third = space.blocks[2];
  EXPECT_EQ(third.in_channels, 8);
  EXPECT_EQ(third.out_channels, 12);
  EXPECT_EQ(third.stage, 1);
  EXPECT_EQ(third.middle_channels, (std::vector{16, 24}));
  EXPECT_TRUE(space.is_forbidden(5, Role::dw_a, 4));
  EXPECT_FALSE(space.is_forbidden(3, Role::dw_a, 4));
  EXPECT_FALSE(space.is_forbidden(5, Role::pw_a, 4));
}

TEST(SearchSpace, CountsCanonicalForms) {
  auto const size = count(parse_space(tiny, "s.yaml"));
  // Block of stage 0: 2 kernels x 3 widths; stage 1: 1 x 2.
  EXPECT_DOUBLE_EQ(size.architectures, (6 + 36) * 2.0);
  // Policies: pw_w 2 x dw_a (kernel 3: 2, kernel 5: 1) -> 4 + 2, times 3 widths; stage 1: 4 x 2
  // widths.
  EXPECT_DOUBLE_EQ(size.joint, (18 + 18 * 18) * 8.0);
}

TEST(SearchSpace, ImagenetSpaceHasTheSizeOfThePaper) {
  auto const space = space::load_space(test::source_dir() / "configs/spaces/apq_imagenet.yaml");
  EXPECT_EQ(space.num_blocks(), 21);
  EXPECT_EQ(space.num_genes(), 132);
  auto const size = count(space);
  EXPECT_NEAR(size.architectures / 1e35, 9.039, 0.0005);
  EXPECT_NEAR(size.joint / 1e74, 8.139, 0.0005);
  space::Encoding const encoding(space);
  EXPECT_EQ(encoding.architecture_size(), 520);
  EXPECT_EQ(encoding.full_size(), 772);
  EXPECT_EQ(space.blocks.back().in_size, 7);
}

TEST(SearchSpace, EverySpaceFileOfTheRepositoryLoads) {
  int files = 0;
  for (auto const& entry : std::filesystem::directory_iterator(test::source_dir() / "configs/spaces")) {
    SCOPED_TRACE(entry.path().string());
    EXPECT_GT(count(space::load_space(entry.path())).joint, 1.0);
    ++files;
  }
  EXPECT_GE(files, 2);
}

TEST(SearchSpace, HashCoversEverythingButTheName) {
  auto const hash = parse_space(tiny, "s.yaml").hash;
  EXPECT_EQ(hash.size(), 64u);
  EXPECT_EQ(parse_space(with("name: tiny", "name: other"), "t.yaml").hash, hash);
  EXPECT_EQ(parse_space(with("depths: [1, 2]", "depths: [2, 1]"), "s.yaml").hash, hash) << "order of choices is no difference";
  for (auto const& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"channels: 1", "channels: 3"},
                                                        {"size: 16", "size: 32"},
                                                        {"classes: 10", "classes: 11"},
                                                        {"stem: {width: 8", "stem: {width: 16"},
                                                        {"kernel: 3, stride: 2", "kernel: 5, stride: 2"},
                                                        {"first_block: {width: 8, kernel: 3}", "first_block: {width: 8, kernel: 5}"},
                                                        {"feature_mix: {width: 32}", "feature_mix: {width: 64}"},
                                                        {"channel_divisor: 4", "channel_divisor: 2"},
                                                        {"depths: [1, 2]", "depths: [2]"},
                                                        {"kernels: [3, 5]", "kernels: [3, 5, 7]"},
                                                        {"max: 24", "max: 32"},
                                                        {"pw_w: [4, 8]", "pw_w: [8]"},
                                                        {"kernel: 5, role: dw_a, bits: 4", "kernel: 3, role: dw_a, bits: 4"},
                                                        {"channel_divisor: 4", "channel_divisor: 4\nbatch_norm: {epsilon: 1.0e-5}"}}) {
    SCOPED_TRACE(to);
    EXPECT_NE(parse_space(with(from, to), "s.yaml").hash, hash);
  }
}

TEST(SearchSpace, MiddleWidthsInEveryForm) {
  std::string const form = "middle: {min: 16, max: 24, step: 8}";
  auto widths = [&](std::string const& to) { return parse_space(with(form, to), "s.yaml").blocks[2].middle_channels; };
  EXPECT_EQ(widths("middle: {list: [24, 10, 16]}"), (std::vector{10, 16, 24}));
  EXPECT_EQ(widths("middle: [24, 16]"), (std::vector{16, 24}));
  EXPECT_EQ(widths("middle: {ratios: [3, 4, 6]}"), (std::vector{24, 32, 48}));
  EXPECT_EQ(widths("blocks: [{middle: [20]}]"), (std::vector{20}));
}

TEST(SearchSpace, BlocksOfAStageMayDiffer) {
  auto const space = parse_space(
      with("middle: {min_ratio: 2, max_ratio: 3, step: 4}", "blocks: [{middle: [16]}, {middle: [24, 32], kernels: [7]}]"), "s.yaml");
  EXPECT_EQ(space.blocks[0].middle_channels, (std::vector{16}));
  EXPECT_EQ(space.blocks[0].kernels, (std::vector{3, 5}));
  EXPECT_EQ(space.blocks[1].middle_channels, (std::vector{24, 32}));
  EXPECT_EQ(space.blocks[1].kernels, (std::vector{7}));
}

// A few hundred bytes that mean hundreds of millions of widths or tens of thousands of blocks.
TEST(SearchSpace, SmallFilesStayCheap) {
  std::string wide = tiny;
  auto const put = [](std::string& text, std::string const& old, std::string const& now) {
    auto const place = text.find(old);
    ASSERT_NE(place, std::string::npos) << old;
    text.replace(place, old.size(), now);
  };
  put(wide, "max: 24, step: 8", "max: 65536, step: 1");
  put(wide, "channel_divisor: 4", "channel_divisor: 1");
  EXPECT_NE(error_of(wide).find("at most 255 fit a gene"), std::string::npos) << error_of(wide);
  std::string many =
      "name: many\nimage: {channels: 1, size: 32, classes: 10}\nchannel_divisor: 4\nstem: {width: 8, kernel: 3, stride: 1}\n"
      "first_block: {width: 8, kernel: 3}\nfeature_mix: none\nstages:\n"
      "  - &s {width: 8, stride: 1, depths: [64], kernels: [3], middle: [8]}\n";
  for (int i = 0; i < 10'000; ++i) many += "  - *s\n";
  EXPECT_NE(error_of(many).find("stages: has 10001 entries; at most 64 are read"), std::string::npos) << error_of(many);
}

TEST(SearchSpace, RefusalsNameLineAndRemedy) {
  EXPECT_EQ(error_of(with("feature_mix: {width: 32}", "feature_mix: {widht: 32}")).substr(0, 9), "s.yaml:5:");
  EXPECT_EQ(error_of(with("name: tiny", "nam: tiny")), "s.yaml:1: nam: unknown key; did you mean name?");
  EXPECT_EQ(error_of(with("size: 16", "size: 15")),
            "s.yaml:3: stem.stride = 2: does not fit the image (the map is 15 x 15 here and 15 is "
            "not a multiple of 2); change one of them, or set image.odd_sizes: round_up");
  EXPECT_EQ(error_of(with("size: 16", "size: 18")),
            "s.yaml:8: stages[0].stride = 2: does not fit the image (the map is 9 x 9 here and 9 "
            "is not a multiple of 2); change one of them, or set image.odd_sizes: round_up");
  EXPECT_EQ(error_of(with("size: 16", "size: 18, odd_sizes: round_up")), "no error");
  EXPECT_EQ(error_of(with("depths: [1, 2]", "depths: []")), "s.yaml:8: stages[0].depths: is empty; there must be at least one choice");
  EXPECT_EQ(error_of(with("kernels: [3, 5]", "kernels: [3, 4]")), "s.yaml:8: stages[0].kernels: 4 is even; kernels must be odd");
  EXPECT_EQ(error_of(with("kernels: [3, 5]", "kernels: [5, 3, 5]")), "s.yaml:8: stages[0].kernels: lists 5 twice");
  EXPECT_EQ(error_of(with("pw_w: [4, 8]", "pw_w: [4, 9]")), "s.yaml:11: bits.pw_w = 9 is out of range; it must be from 2 to 8");
  EXPECT_EQ(error_of(with("max: 24, step: 8", "max: 24, step: 6")),
            "s.yaml:9: stages[1].middle.step = 6: must be a multiple of channel_divisor (4)");
  EXPECT_EQ(error_of(with("min: 16, max: 24", "min: 32, max: 24")),
            "s.yaml:9: stages[1].middle.min = 32: leaves no width for 8 input channels (32 is above 24)");
  EXPECT_EQ(error_of(with("max: 24, step: 8", "max: 1040, step: 4")),
            "s.yaml:9: stages[1].middle.step = 4: gives 257 choices; at most 255 fit a gene");
  EXPECT_EQ(error_of(with("role: dw_a, bits: 4", "role: dw_x, bits: 4")),
            "s.yaml:16: forbidden[0].role = dw_x is unknown; choose one of: pw_w, pw_a, dw_w, dw_a");
  EXPECT_EQ(error_of(with("role: dw_a, bits: 4", "role: dw_a, bits: 6")),
            "s.yaml:16: forbidden[0].bits = 6: is not a choice of dw_a (4, 8)");
  EXPECT_EQ(error_of(with("kernel: 5, role: dw_a", "kernel: 7, role: dw_a")),
            "s.yaml:16: forbidden[0].kernel = 7: is not a kernel of any stage");
  EXPECT_EQ(error_of(with("role: dw_a, bits: 4", "role: pw_a, bits: 8")),
            "s.yaml:16: forbidden[0].bits = 8: leaves kernel 5 without any choice of pw_a");
  EXPECT_EQ(error_of(with("middle: {min: 16, max: 24, step: 8}", "blocks: [{middle: [8]}, {middle: [8]}]")),
            "s.yaml:9: stages[1].blocks: has 2 entries; the largest depth is 1");
  EXPECT_THROW(space::load_space("/nonexistent/space.yaml"), Error);
}

}  // namespace
