#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>

#include "common/core/random.hpp"

namespace apq::test {

/// A damaged copy of `seed`, the same for the same stream: flipped bits, a cut end, a piece moved, doubled or taken out,
/// or a number of 1 to 8 bytes overwritten by one that length fields fear. One to four such faults.
inline std::string mutated(std::string const& seed, RandomStream& random) {
  constexpr std::uint64_t numbers[] = {0,          1,          0x7f,       0x80,       0xff,        0x7fff,     0xffff,
                                       0x7fffffff, 0x80000000, 0xffffffff, 1ull << 40, ~0ull >> 1u, 1ull << 63, ~0ull};
  std::string bytes = seed;
  auto position = [&] { return static_cast<std::size_t>(random.below(bytes.size() + 1)); };
  auto faults = 1 + random.below(4);
  while (faults-- > 0 && !bytes.empty()) switch (random.below(6)) {
      case 0:
        for (auto flips = 1 + random.below(8); flips-- > 0;) bytes[random.below(bytes.size())] ^= static_cast<char>(1u << random.below(8));
        break;
      case 1:
        bytes.resize(position());
        break;
      case 2: {  // a piece doubled elsewhere
        auto const from = position();
        auto const piece = bytes.substr(from, random.below(256));
        bytes.insert(position(), piece);
        break;
      }
      case 3: {  // a piece taken out
        auto const from = position();
        bytes.erase(from, random.below(64));
        break;
      }
      case 4: {  // a piece over another
        auto const from = position();
        auto const piece = bytes.substr(from, random.below(64));
        auto const to = position();
        bytes.replace(to, std::min(piece.size(), bytes.size() - to), piece);
        break;
      }
      default: {
        auto const number = numbers[random.below(std::size(numbers))];
        std::size_t const width = std::size_t{1} << random.below(4);
        auto const at = position();
        std::memcpy(bytes.data() + at, &number, std::min(width, bytes.size() - at));
      }
    }
  return bytes;
}

/// The `number`-th of a fixed series of damaged copies.
inline std::string mutated(std::string const& seed, std::uint64_t number) {
  RandomStream random(1, "test.mutation", number);
  return mutated(seed, random);
}

}  // namespace apq::test
