#include "common/core/random_token.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/random.h>

#include "common/core/error.hpp"

namespace apq {

std::string random_token() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw Error(Errc::io, fmt::format("getrandom: the system gives no random bytes ({})", std::strerror(errno)));
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

}  // namespace apq
