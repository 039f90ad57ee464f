#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace apq {

/// Kind of an error; the value is the exit status of the process.
enum class Errc {
  config = 2,     ///< the user's configuration or command line
  data = 3,       ///< input that is damaged or does not fit the study
  io = 4,         ///< the file system: missing, full, not permitted
  mpi = 5,        ///< the communication library
  numeric = 6,    ///< no finite or feasible result
  internal = 70,  ///< a bug in apq
  stopped = 75,   ///< none: asked to stop (EX_TEMPFAIL); the same command goes on where it ended
};

/// The one error type. Message: `<where>: <what is wrong> (<why>); <what would be right>`, one line.
class Error : public std::runtime_error {
 public:
  Error(Errc code, std::string const& message) : std::runtime_error(message), code_(code) {}
  Errc code() const noexcept { return code_; }
  int exit_status() const noexcept { return static_cast<int>(code_); }

 private:
  Errc code_;
};

/// "a, b or c": the right choices at the end of a message.
std::string one_of(std::vector<std::string> const& choices);

}  // namespace apq
