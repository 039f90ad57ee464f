#include "common/core/progress.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "common/core/log.hpp"

namespace apq {
namespace {

std::string duration(double seconds) {
  auto const s = static_cast<long>(seconds + 0.5);
  if (s >= 3600) return fmt::format("{}h{:02}m", s / 3600, s / 60 % 60);
  if (s >= 60) return fmt::format("{}m{:02}s", s / 60, s % 60);
  return fmt::format("{}s", s);
}

}  // namespace

Progress::Progress(std::string what, std::string unit, std::uint64_t total, std::uint64_t already_done, bool enabled)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      total_(total),
      first_(already_done),
      done_(already_done),
      enabled_(enabled),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      printed_(start_) {
  if (enabled_ && already_done > 0) log::root().info("{}: {} of {} {} are there already", what_, already_done, total, unit_);
}

Progress::~Progress() { finish(); }

void Progress::update(std::uint64_t done, std::string const& note) {
  if (finished_ || done < done_) return;
  done_ = done;
  note_ = note;
  auto const interval = terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(5000);
  if (!enabled_ || Clock::now() - printed_ < interval) return;
  printed_ = Clock::now();
  print(false);
}

void Progress::finish() {
  if (finished_) return;
  finished_ = true;
  if (enabled_ && done_ > first_) print(true);
}

void Progress::print(bool last) {
  double const elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
  double const rate = elapsed > 0 ? static_cast<double>(done_ - first_) / elapsed : 0.0;
  double const percent = total_ > 0 ? 100.0 * static_cast<double>(done_) / static_cast<double>(total_) : 100.0;
  auto line = fmt::format("{}: {}/{} {} ({:.0f} %), {:.3g} {}/s", what_, done_, total_, unit_, percent, rate, unit_);
  if (last) line += fmt::format(", took {}", duration(elapsed));
  else if (rate > 0 && done_ < total_) line += fmt::format(", {} left", duration(static_cast<double>(total_ - done_) / rate));
  if (!note_.empty()) line += ", " + note_;
  if (terminal_) {
    fmt::print(stderr, "\r\033[K{}{}", line, last ? "\n" : "");
    std::fflush(stderr);
  } else {
    log::root().info("{}", line);
  }
}

}  // namespace apq
