#include "common/core/command_answer.hpp"

#include <array>
#include <cstdio>

#include <fmt/format.h>
#include <sys/wait.h>

namespace apq {

CommandAnswer answer_of(std::string const& command) {
  auto* const pipe = ::popen(fmt::format("timeout 5 {} 2>/dev/null", command).c_str(), "r");
  if (pipe == nullptr) return {-1, {}};
  std::string text;
  std::array<char, 4096> part{};
  while (auto const count = std::fread(part.data(), 1, part.size(), pipe)) text.append(part.data(), count);
  int const status = ::pclose(pipe);
  text.erase(text.find_last_not_of(" \n") + 1);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text};
}

}  // namespace apq
