#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "common/h5/shard.hpp"
#include "common/space/encoding.hpp"

namespace apq::train {

/// Whether rows (at least 1, all alike) are of quantised networks.
bool have_bits(space::SearchSpace const& space, std::vector<h5::Row> const& rows);

/// float32 [rows, encoding.full_size()]; the bit widths' part is zero for full precision.
at::Tensor one_hot_inputs(space::Encoding const& encoding, std::vector<h5::Row> const& rows);

}  // namespace apq::train
