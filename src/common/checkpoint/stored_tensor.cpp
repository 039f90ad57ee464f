#include "common/checkpoint/stored_tensor.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"

namespace apq::checkpoint {

StoredExtent extent_of(StoredTensor const& tensor, std::string const& where) {
  auto const& shape = tensor.shape;
  auto const& strides = tensor.strides;
  auto refuse = [&](std::string const& problem) { throw Error(Errc::data, fmt::format("{}: {}", where, problem)); };
  if (shape.size() != strides.size() || shape.size() > 16)
    refuse(fmt::format("{} dimensions and {} strides, which do not fit each other or are more than 16", shape.size(), strides.size()));
  auto const size = static_cast<std::int64_t>(tensor.storage.size()) / row_of(tensor.type).size;
  // In elements; 128 bits, for a hostile file's shapes may overflow 64.
  __int128 num_elements = 1, last = tensor.offset;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] < 0 || strides[i] < 0) refuse("negative shape or stride");
    num_elements = std::min<__int128>(num_elements * shape[i], std::int64_t{1} << 62);
    last += static_cast<__int128>(std::max<std::int64_t>(shape[i] - 1, 0)) * strides[i];
  }
  bool const is_empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
  if (is_empty) num_elements = 0;
  if (tensor.offset < 0 || num_elements > size || (!is_empty && last >= size))
    refuse(fmt::format("shape [{}] with strides [{}] at offset {} reaches beyond its storage of {} elements", fmt::join(shape, ", "),
                       fmt::join(strides, ", "), tensor.offset, size));
  return {static_cast<std::int64_t>(num_elements), is_empty ? 0 : static_cast<std::int64_t>(last) - tensor.offset + 1};
}

}  // namespace apq::checkpoint
