#pragma once

#include <array>
#include <chrono>
#include <cstddef>

namespace apq::search {

/// What a search spends its time on. exchange: what ranks send each other, waiting for the slowest included.
enum class Part { variation, cost, repair, prediction, selection, exchange };
inline constexpr std::array part_names{"variation", "cost", "repair", "prediction", "selection", "exchange"};

/// Seconds by Part on this rank.
struct PartTimes {
  std::array<double, part_names.size()> seconds{};
  double& operator[](Part part) { return seconds[static_cast<std::size_t>(part)]; }
};

/// Hands the time since the last call, or since it was made, to a part.
class PartClock {
 public:
  explicit PartClock(PartTimes& times) : times_(times) {}
  void charge(Part part) {
    auto const now = std::chrono::steady_clock::now();
    times_[part] += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

 private:
  PartTimes& times_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace apq::search
