#include "common/mpi/node_lock.hpp"

#include <atomic>
#include <chrono>
#include <thread>

namespace apq::mpi {

NodeLock::NodeLock(std::uint32_t& word) : word_(word) {
  std::atomic_ref const lock(word_);
  for (int tries = 0; lock.exchange(1, std::memory_order_acquire) != 0; ++tries) {
    // Adding a row takes a microsecond, writing a shard milliseconds.
    if (tries < 100) std::this_thread::yield();
    else std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

NodeLock::~NodeLock() { std::atomic_ref(word_).store(0, std::memory_order_release); }

}  // namespace apq::mpi
