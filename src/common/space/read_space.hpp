#pragma once

#include "common/core/config.hpp"
#include "common/space/search_space.hpp"

namespace apq::space {

/// A space out of its configuration, for those that have one already; see load_space.
SearchSpace read_space(Config config);

}  // namespace apq::space
