// Space files.
#include "common/core/atomic_file.hpp"
#include "fuzz/space_oracle.hpp"
#include "support/shared_data.hpp"

namespace apq::fuzz {

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (char const* name : {"apq_imagenet", "fashion_mnist", "ofa_mbv3_w1.2"})
    all.push_back(read_file(test::source_dir() / "configs/spaces" / (std::string(name) + ".yaml")));
  all.push_back(R"(name: small
image: {channels: 1, sizes: {min: 24, max: 32, step: 4}, classes: 10, odd_sizes: round_up}
stem: {width: 16, kernel: 3, stride: 2}
first_block: {width: 8, kernel: 3}
feature_mix: none
channel_divisor: 4
stages:
  - {width: 16, stride: 2, depths: [1, 2], kernels: [3, 5], middle: {min_ratio: 1.5, max_ratio: 2, step: 4}}
  - width: 32
    stride: 1
    depths: [2]
    blocks: [{kernels: [3], middle: [32, 40]}, {kernels: [3, 7], middle: {list: [48]}, shortcut: false}]
bits: {pw_w: [4, 8], pw_a: [8], dw_w: [8], dw_a: [4, 8]}
forbidden:
  - {kernel: 7, role: dw_a, bits: 4}
)");
  return all;
}

void attempt(std::string_view input) { checked_space(std::string(input)); }

}  // namespace apq::fuzz
