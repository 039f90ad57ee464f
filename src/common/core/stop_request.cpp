#include "common/core/stop_request.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "common/core/error.hpp"

namespace apq {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array<std::pair<int, char const*>, 4> signals{
    {{SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"}, {SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"}}};
constexpr double no_end = std::numeric_limits<double>::infinity();

std::atomic<int> received{0};                       // the first signal
std::atomic<double> end_of_job{no_end}, margin{0};  // seconds of the steady clock
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may only touch what is lock-free");

std::array<struct sigaction, signals.size()> before;
int depth = 0;

double now() { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); }

bool is_request(int signal) {
  return std::any_of(signals.begin(), signals.end(), [&](auto const& known) { return known.first == signal; });
}

void remember(int signal, siginfo_t* info, void*) {
  bool const is_passed_on = info->si_code == SI_QUEUE && is_request(info->si_value.sival_int);
  int none = 0;
  bool const is_first = received.compare_exchange_strong(none, is_passed_on ? info->si_value.sival_int : signal);
  if (is_first || is_passed_on || signal != SIGINT || none != SIGINT) return;
  std::signal(SIGINT, SIG_DFL);  // whoever asks twice does not want to wait
  std::raise(SIGINT);
}

std::string duration_text(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds > 0 ? seconds : 0);
  return seconds < 7200 ? fmt::format("{:.0f} min", seconds / 60) : fmt::format("{:.1f} h", seconds / 3600);
}

}  // namespace

StopOnSignals::StopOnSignals() {
  if (depth++ > 0) return;
  received = 0;
  struct sigaction action {};
  action.sa_sigaction = remember;
  action.sa_flags = SA_RESTART | SA_SIGINFO;
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i].first, &action, &before[i]);
}

StopOnSignals::~StopOnSignals() {
  if (--depth > 0) return;
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i].first, &before[i], nullptr);
  received = 0;
}

void set_deadline(std::optional<Clock::time_point> end, double margin_seconds) {
  margin = margin_seconds;
  end_of_job = end ? std::chrono::duration<double>(end->time_since_epoch()).count() : no_end;
}

bool can_finish(double seconds) { return now() + seconds <= end_of_job - margin; }

int stop_signal() { return received; }

void pass_on_stop(std::int64_t process) {
  sigval value{};
  value.sival_int = received;
  if (value.sival_int != 0) ::sigqueue(static_cast<pid_t>(process), SIGUSR1, value);
}

bool stop_requested() { return received != 0 || !can_finish(0); }

std::string stop_reason(double next_seconds) {
  if (int const signal = received; signal != 0)
    for (auto const& [number, name] : signals)
      if (number == signal) return name;
  if (!can_finish(next_seconds)) return fmt::format("the job's end in {}", duration_text(end_of_job - now()));
  return {};
}

std::string stop_message(std::string const& what, std::string const& reason) {
  return fmt::format("{}: stopped by {}; run the same command again to go on", what, reason);
}

void throw_if_stopping(std::string const& what, double next_seconds) {
  if (auto const reason = stop_reason(next_seconds); !reason.empty()) throw Error(Errc::stopped, stop_message(what, reason));
}

}  // namespace apq
