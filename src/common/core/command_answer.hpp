#pragma once

#include <string>

namespace apq {

/// What a program says.
struct CommandAnswer {
  int status;        ///< its exit status; -1: it could not be started or was killed
  std::string text;  ///< standard output, without blanks at its end
};

/// Runs a shell command for 5 s at most (124 beyond). `command` holds nothing that anybody brought.
CommandAnswer answer_of(std::string const& command);

}  // namespace apq
