#include "collect/node_bell.hpp"

#include <cmath>
#include <ctime>

namespace apq::collect {

NodeBell::NodeBell(std::span<std::uint8_t> memory) : semaphore_(reinterpret_cast<sem_t*>(memory.data())) {}

void NodeBell::begin() { ::sem_init(semaphore_, 1, 0); }

void NodeBell::ring() {
  int rung = 0;
  if (::sem_getvalue(semaphore_, &rung) == 0 && rung == 0) ::sem_post(semaphore_);
}

void NodeBell::wait(double seconds) {
  timespec until{};
  ::clock_gettime(CLOCK_MONOTONIC, &until);
  auto const whole = std::floor(seconds);
  until.tv_sec += static_cast<std::time_t>(whole);
  until.tv_nsec += static_cast<long>(1e9 * (seconds - whole));
  if (until.tv_nsec >= 1'000'000'000) {
    ++until.tv_sec;
    until.tv_nsec -= 1'000'000'000;
  }
  ::sem_clockwait(semaphore_, CLOCK_MONOTONIC, &until);
}

}  // namespace apq::collect
