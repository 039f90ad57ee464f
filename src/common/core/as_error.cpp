#include "common/core/as_error.hpp"

#include <filesystem>
#include <new>
#include <stdexcept>
#include <string_view>

namespace apq {

Error as_error(std::exception const& exception) {
  if (auto const* const error = dynamic_cast<Error const*>(&exception)) return *error;
  std::string_view const what = exception.what();
  if (auto const* const error = dynamic_cast<std::filesystem::filesystem_error const*>(&exception)) {
    auto const begin = what.starts_with("filesystem error: ") ? what.substr(18) : what;  // "filesystem error: ACTION: REASON [PATH]"
    return {Errc::io,
            error->path1().string() + ": " + std::string(begin.substr(0, begin.find(": "))) + " (" + error->code().message() + ")"};
  }
  bool const is_too_much =
      dynamic_cast<std::bad_alloc const*>(&exception) != nullptr || dynamic_cast<std::length_error const*>(&exception) != nullptr;
  if (is_too_much) return {Errc::io, "memory: more is asked for than there is; `apq plan` tells what a job takes"};
  return {Errc::internal, "unexpected: " + std::string(what.substr(0, what.find('\n')))};
}

}  // namespace apq
