#pragma once

#include <exception>

#include "common/core/error.hpp"

namespace apq {

/// Any exception as an Error: a file system's with its path and reason; what nobody foresaw as a bug, "unexpected: " and its first line
/// (libraries put whole call stacks behind it).
Error as_error(std::exception const& exception);

}  // namespace apq
