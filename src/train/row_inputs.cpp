#include "train/row_inputs.hpp"

#include <ATen/ATen.h>

namespace apq::train {

bool have_bits(space::SearchSpace const& space, std::vector<h5::Row> const& rows) {
  return !rows.empty() && static_cast<int>(rows[0].genes.size()) == space.num_genes();
}

at::Tensor one_hot_inputs(space::Encoding const& encoding, std::vector<h5::Row> const& rows) {
  auto result = at::zeros({static_cast<std::int64_t>(rows.size()), encoding.full_size()});
  auto values = result.accessor<float, 2>();
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (int const one : encoding.ones(rows[i].genes)) values[static_cast<std::int64_t>(i)][one] = 1;
  return result;
}

}  // namespace apq::train
