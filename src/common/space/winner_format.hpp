#pragma once

#include "common/core/record_file.hpp"

namespace apq::space {

/// A study's winner, which is read as a subnet too (subnet_json.hpp).
inline constexpr RecordFormat winner_format{"apq winner", 1, "`apq search` makes it anew"};

}  // namespace apq::space
