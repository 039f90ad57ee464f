#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

// Whether this process has been asked to end, by a signal or by the job's deadline. State of the process, as signals are; whoever works in
// steps asks between them. Every function may be called from any thread. Over ranks: common/mpi/stop_together.hpp.
namespace apq {

/// While one lives, SIGTERM, SIGINT, SIGUSR1 and SIGUSR2 are requests to stop instead of the process's death; a second SIGINT ends it at
/// once. It stands at the program's top; inner ones change nothing. System calls that a signal interrupts go on.
class StopOnSignals {
 public:
  StopOnSignals();
  ~StopOnSignals();
  StopOnSignals(StopOnSignals const&) = delete;
  StopOnSignals& operator=(StopOnSignals const&) = delete;
};

/// The time by which everything must be written, absent: none. `end` is the job's, the margin (seconds) lies before it.
void set_deadline(std::optional<std::chrono::steady_clock::time_point> end, double margin_seconds = 0);

/// True where something that takes so many seconds would be done before the deadline.
bool can_finish(double seconds);

/// True from the first signal on, and from the deadline on.
bool stop_requested();

/// The first signal that asked; 0: none did.
int stop_signal();
/// Asks another process of this machine as this one was asked: that signal is its reason too, however it gets there. It must be in a
/// StopOnSignals; nothing where this one was not asked.
void pass_on_stop(std::int64_t process);

/// "SIGTERM", "the job's end in 4 min" (or s, h); empty: nothing asks this process to stop, nor forbids something that takes so many
/// seconds.
std::string stop_reason(double next_seconds = 0);

/// "search: stopped by SIGTERM; run the same command again to go on"
std::string stop_message(std::string const& what, std::string const& reason);

/// @throws Error(stopped) with that message where there is a reason. Local: on several ranks inside `mpi::collectively`.
void throw_if_stopping(std::string const& what, double next_seconds = 0);

}  // namespace apq
