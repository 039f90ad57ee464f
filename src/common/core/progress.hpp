#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace apq {

/// Progress with count, rate and time left: one rewritten line on a terminal, else a log line every few seconds.
/// Only rank 0 should hold one that is `enabled`. Prints to standard error.
class Progress {
 public:
  /// @param what   e.g. "collect fp"; @param unit  e.g. "samples"
  /// @param already_done  work found finished at the start; it counts as done but not into the rate.
  Progress(std::string what, std::string unit, std::uint64_t total, std::uint64_t already_done, bool enabled);
  ~Progress();
  Progress(Progress const&) = delete;
  Progress& operator=(Progress const&) = delete;

  /// Reports the number done so far (never goes back); `note` is appended, e.g. "loss 0.31".
  void update(std::uint64_t done, std::string const& note = "");
  /// Ends the line with the final count and the mean rate; further calls do nothing.
  void finish();

 private:
  void print(bool last);
  using Clock = std::chrono::steady_clock;
  std::string what_, unit_, note_;
  std::uint64_t total_, first_, done_;
  bool enabled_, terminal_, finished_ = false;
  Clock::time_point start_, printed_;
};

}  // namespace apq
