#include "unit/train/synthetic_rows.hpp"

#include <cmath>

#include "common/core/random.hpp"
#include "common/space/subnet.hpp"

namespace apq::test {

space::SearchSpace synthetic_space() {
  return space::parse_space(R"(
name: synthetic
image: {channels: 1, size: 32, classes: 10}
stem: {width: 16, kernel: 3, stride: 2}
first_block: {width: 8, kernel: 3}
feature_mix: {width: 128}
batch_norm: {epsilon: 1.0e-3, momentum: 0.1}
channel_divisor: 4
stages:
  - {width: 16, stride: 2, depths: [1, 2, 3], kernels: [3, 5, 7], middle: {min_ratio: 2, max_ratio: 6, step: 4}}
  - {width: 24, stride: 1, depths: [1, 2, 3], kernels: [3, 5, 7], middle: {min_ratio: 2, max_ratio: 6, step: 8}}
  - {width: 40, stride: 2, depths: [1, 2, 3], kernels: [3, 5, 7], middle: {min_ratio: 2, max_ratio: 6, step: 8}}
bits: {pw_w: [4, 6, 8], pw_a: [4, 6, 8], dw_w: [4, 6, 8], dw_a: [4, 6, 8]}
forbidden:
  - {kernel: 7, role: dw_a, bits: 4}
)",
                            "synthetic.yaml");
}

std::vector<h5::Row> synthetic_rows(space::SearchSpace const& space, std::string const& stage, std::size_t n, std::uint64_t seed) {
  space::GeneLayout const layout(space);
  bool const quantised = stage == "quant";
  std::vector<h5::Row> rows(n);
  for (std::size_t i = 0; i < n; ++i) {
    RandomStream random(seed, "test.rows." + stage, i);
    auto& row = rows[i];
    row.id = i;
    row.genes = space::random_genes(space, random, quantised);
    double capacity = 0, noise = 0;
    RandomStream weights(7, "test.weights");  // the same for every row: what the predictor has to find out
    for (int b = 0; b < space.num_blocks(); ++b) {
      double const scale = 0.5 + weights.uniform(), of_kernel = 0.3 * weights.uniform(), of_width = 0.5 + weights.uniform();
      double sensitivity[space::num_roles];
      for (auto& s : sensitivity) s = 0.15 * std::exp(0.8 * weights.normal());
      auto const kernel = row.genes[static_cast<std::size_t>(layout.kernel(b))];
      if (kernel == 0) continue;
      auto const& widths = space.blocks[static_cast<std::size_t>(b)].middle_channels;
      double const width = (row.genes[static_cast<std::size_t>(layout.middle(b))] - 1.0) / static_cast<double>(widths.size() - 1);
      capacity += scale * (0.4 + of_kernel * (kernel - 1) + of_width * width);
      if (!quantised) continue;
      for (int role = 0; role < space::num_roles; ++role) {
        auto const bits = row.genes[static_cast<std::size_t>(layout.bits(static_cast<space::Role>(role), b))];
        noise += sensitivity[role] * (1.3 - 0.6 * width) * (bits == 1 ? 1.0 : bits == 2 ? 0.12 : 0.01);
      }
    }
    double const accuracy =
        0.92 - 0.05 * std::exp(-0.35 * capacity) - 0.05 * (1 - std::exp(-0.5 * noise * noise)) + 0.002 * random.normal();
    row.total = 2000;
    row.correct = static_cast<std::uint32_t>(std::lround(2000 * accuracy));
    row.correct5 = row.correct;
  }
  return rows;
}

}  // namespace apq::test
