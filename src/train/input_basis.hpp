#pragma once

#include <ATen/core/Tensor.h>

#include "common/space/search_space.hpp"
#include "train/train_config.hpp"

namespace apq::train {

/// Coordinates z = B x of a one-hot input x in which neighbouring choices of a gene are alike. A
/// layer W z trained there is the layer (W B) x of the release. Each gene with n choices has rows
/// of B: all ones (is the block active), the choice's place from -1 to 1, and 0.5 times the
/// identity, for what neither explains. So with a width that occurs twice in the data its
/// neighbours still tell what it is worth; `one_hot` is B = identity.
///
/// `shared` has in addition, for the genes of a kind (kernels, widths, a role's bits) within a stage and
/// within the network, half the sums of their first two rows: depth, and kernels or widths on the whole.
/// What blocks have in common is then learnt from all of them at once.
///
/// float32 [coordinates, one-hot inputs], for the architecture's and the bit widths' part of the
/// encoding.
struct BasisMatrices {
  at::Tensor architecture, bits;
};
BasisMatrices input_basis(space::SearchSpace const& space, InputBasis kind);

}  // namespace apq::train
