#pragma once

#include <functional>
#include <span>

#include "common/space/subnet.hpp"

namespace apq::space {

/// Calls `visit` with the canonical genes of every subnet of the space, each once, in a fixed order: depths, then kernel, width and
/// bits block by block, last the image size. So many as count() says: for small spaces.
/// @param quantised  with bit genes or without.
void for_each_subnet(SearchSpace const& space, bool quantised, std::function<void(std::span<std::uint8_t const>)> const& visit);

}  // namespace apq::space
