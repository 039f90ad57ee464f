#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/checkpoint/element_type.hpp"

namespace apq::checkpoint {

/// A tensor as it lies in a file: a strided view of some of the file's bytes. Knows nothing of LibTorch.
struct StoredTensor {
  std::string name;
  ElementType type{};
  std::int64_t offset = 0;                   ///< elements
  std::vector<std::int64_t> shape, strides;  ///< strides in elements
  std::string_view storage;                  ///< bytes; need not be aligned
};

struct StoredExtent {
  std::int64_t num_elements = 0;  ///< of the tensor
  std::int64_t used = 0;          ///< of its storage, from `offset` on; less where elements are shared (stride 0)
};

/// Elements of a tensor that has been checked to lie within its storage, with more than 16 dimensions refused.
/// @throws Error(data) starting with `where`.
StoredExtent extent_of(StoredTensor const& tensor, std::string const& where);

}  // namespace apq::checkpoint
