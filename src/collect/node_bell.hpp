#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <semaphore.h>

namespace apq::collect {

/// Wakes one waiting thread of a node from any process of it; a semaphore in memory that they share.
class NodeBell {
 public:
  static constexpr std::size_t bytes() { return (sizeof(sem_t) + 7) / 8 * 8; }
  explicit NodeBell(std::span<std::uint8_t> memory);
  /// By one rank, before any other touches the memory.
  void begin();
  void ring();
  /// Until somebody rings or so many seconds are over; rings before it count once.
  void wait(double seconds);

 private:
  sem_t* semaphore_;
};

}  // namespace apq::collect
