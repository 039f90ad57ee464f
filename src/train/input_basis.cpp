#include "train/input_basis.hpp"

#include <numeric>
#include <vector>

#include <ATen/ATen.h>

namespace apq::train {
namespace {

constexpr float own_choice = 0.5F, shared_gain = 0.5F;

/// Genes of one kind.
struct Genes {
  std::vector<std::size_t> choices;              ///< number of choices of each gene, in the encoding's order
  std::vector<std::vector<std::int64_t>> alike;  ///< groups of them that share coordinates
};

at::Tensor matrix(Genes const& of_kind, InputBasis kind) {
  auto const& choices = of_kind.choices;
  auto const inputs = static_cast<std::int64_t>(std::accumulate(choices.begin(), choices.end(), std::size_t{0}));
  if (kind == InputBasis::one_hot) return at::eye(inputs);
  auto const genes = static_cast<std::int64_t>(choices.size());
  auto result = at::cat({at::zeros({2 * genes, inputs}), own_choice * at::eye(inputs)});
  auto values = result.accessor<float, 2>();
  std::int64_t input = 0;
  for (std::int64_t gene = 0; gene < genes; ++gene) {
    auto const n = choices[static_cast<std::size_t>(gene)];
    for (std::size_t i = 0; i < n; ++i, ++input) {
      values[2 * gene][input] = 1;
      values[2 * gene + 1][input] = n == 1 ? 0 : 2 * static_cast<float>(i) / static_cast<float>(n - 1) - 1;
    }
  }
  if (kind == InputBasis::ordinal) return result;
  std::vector<at::Tensor> rows{result};
  for (auto const& group : of_kind.alike)
    for (std::int64_t const row : {0, 1}) {
      auto sum = at::zeros({1, inputs});
      for (auto const gene : group) sum += result.narrow(0, 2 * gene + row, 1);
      rows.push_back(sum * shared_gain);
    }
  return at::cat(rows);
}

}  // namespace

BasisMatrices input_basis(space::SearchSpace const& space, InputBasis kind) {
  // The order of space::Encoding: kernels of all blocks, widths of all blocks, the image size; then each role's
  // bits of all blocks.
  Genes architecture, bits;
  auto const add_groups = [&](Genes& genes) {
    auto const first = static_cast<std::int64_t>(genes.choices.size());
    std::vector<std::int64_t> all;
    for (auto const& stage : space.stages) {
      std::vector<std::int64_t> of_stage(static_cast<std::size_t>(stage.num_blocks));
      std::iota(of_stage.begin(), of_stage.end(), first + stage.first_block);
      all.insert(all.end(), of_stage.begin(), of_stage.end());
      if (of_stage.size() > 1) genes.alike.push_back(std::move(of_stage));
    }
    genes.alike.push_back(std::move(all));
  };
  add_groups(architecture);
  for (auto const& block : space.blocks) architecture.choices.push_back(block.kernels.size());
  add_groups(architecture);
  for (auto const& block : space.blocks) architecture.choices.push_back(block.middle_channels.size());
  if (space.num_size_genes() > 0) architecture.choices.push_back(space.image_sizes.size());
  for (auto const& choices : space.bits) {
    add_groups(bits);
    bits.choices.insert(bits.choices.end(), space.blocks.size(), choices.size());
  }
  return {matrix(architecture, kind), matrix(bits, kind)};
}

}  // namespace apq::train
