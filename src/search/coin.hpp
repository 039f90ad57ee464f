#pragma once

#include <cstdint>

#include "common/core/random.hpp"

namespace apq::search {

/// Fair coin, a random bit a toss.
class Coin {
 public:
  explicit Coin(RandomStream& random) : random_(random) {}
  bool toss() {
    if (left_ == 0) {
      bits_ = random_.next_u32();
      left_ = 32;
    }
    bool const result = (bits_ & 1u) != 0;
    bits_ >>= 1;
    --left_;
    return result;
  }

 private:
  RandomStream& random_;
  std::uint32_t bits_ = 0;
  int left_ = 0;
};

}  // namespace apq::search
