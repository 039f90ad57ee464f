#include "train/input_basis.hpp"

#include <numeric>
#include <vector>

#include <ATen/ATen.h>

namespace apq::train {
namespace {

constexpr float own_choice = 0.5F;

/// @param choices  number of choices of each gene, in the encoding's order.
at::Tensor matrix(std::vector<std::size_t> const& choices, InputBasis kind) {
  auto const inputs =
      static_cast<std::int64_t>(std::accumulate(choices.begin(), choices.end(), std::size_t{0}));
  if (kind == InputBasis::one_hot) return at::eye(inputs);
  auto const genes = static_cast<std::int64_t>(choices.size());
  auto result = at::cat({at::zeros({2 * genes, inputs}), own_choice * at::eye(inputs)});
  auto values = result.accessor<float, 2>();
  std::int64_t input = 0;
  for (std::int64_t gene = 0; gene < genes; ++gene) {
    auto const n = choices[static_cast<std::size_t>(gene)];
    for (std::size_t i = 0; i < n; ++i, ++input) {
      values[2 * gene][input] = 1;
      values[2 * gene + 1][input] =
          n == 1 ? 0 : 2 * static_cast<float>(i) / static_cast<float>(n - 1) - 1;
    }
  }
  return result;
}

}  // namespace

BasisMatrices input_basis(space::SearchSpace const& space, InputBasis kind) {
  // The order of space::Encoding: kernels of all blocks, widths of all blocks; then each role's
  // bits of all blocks.
  std::vector<std::size_t> architecture, bits;
  for (auto const& block : space.blocks) architecture.push_back(block.kernels.size());
  for (auto const& block : space.blocks) architecture.push_back(block.middle_channels.size());
  for (auto const& choices : space.bits)
    bits.insert(bits.end(), space.blocks.size(), choices.size());
  return {matrix(architecture, kind), matrix(bits, kind)};
}

}  // namespace apq::train
