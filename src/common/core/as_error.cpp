#include "common/core/as_error.hpp"

#include <filesystem>
#include <new>
#include <stdexcept>
#include <string_view>

#include <nlohmann/json.hpp>

namespace apq {

Error as_error(std::exception const& exception) {
  if (auto const* const error = dynamic_cast<Error const*>(&exception)) return *error;
  std::string_view const what = exception.what();
  if (auto const* const error = dynamic_cast<std::filesystem::filesystem_error const*>(&exception)) {
    auto const begin = what.starts_with("filesystem error: ") ? what.substr(18) : what;  // "filesystem error: ACTION: REASON [PATH]"
    return {Errc::io,
            error->path1().string() + ": " + std::string(begin.substr(0, begin.find(": "))) + " (" + error->code().message() + ")"};
  }
  // Only of a text that is no UTF-8: everything else is checked before it is asked for.
  if (auto const* const json = dynamic_cast<nlohmann::json::type_error const*>(&exception); json != nullptr && json->id == 316)
    return {Errc::data, "a name or a text is not UTF-8 and cannot be recorded; rename what has it (" + std::string(what) + ")"};
  bool const is_too_much =
      dynamic_cast<std::bad_alloc const*>(&exception) != nullptr || dynamic_cast<std::length_error const*>(&exception) != nullptr;
  if (is_too_much) return {Errc::io, "memory: more is asked for than there is; `apq plan` tells what a job takes"};
  return {Errc::internal, "unexpected: " + std::string(what.substr(0, what.find('\n')))};
}

}  // namespace apq
