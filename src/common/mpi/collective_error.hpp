#pragma once

#include <string>
#include <string_view>

#include "common/core/error.hpp"

namespace apq::mpi {

/// An error that every rank of a communicator holds alike, so that all of them can leave in order.
class CollectiveError : public Error {
 public:
  using Error::Error;
};

/// A foreign exception as a message of one line: libraries put whole call stacks behind the first.
inline std::string unexpected(std::string_view what) { return "unexpected: " + std::string(what.substr(0, what.find('\n'))); }

}  // namespace apq::mpi
