#include "search/fingerprint.hpp"

#include <string>

#include <gtest/gtest.h>

namespace {

using namespace apq;

// Known answers, computed with the reference MurmurHash3_x64_128 at seed 0.
TEST(Fingerprint, IsMurmurHash3AndEveryByteCounts) {
  std::string const fox = "The quick brown fox jumps over the lazy dog";
  auto const of = [](std::string const& text) {
    return search::fingerprint({reinterpret_cast<std::uint8_t const*>(text.data()), text.size()});
  };
  EXPECT_EQ(of(fox), (search::Fingerprint{0xe34bbc7bbc071b6c, 0x7a433ca9c49a9347}));
  for (std::size_t i = 0; i < fox.size(); ++i) {
    auto changed = fox;
    changed[i] ^= 1;
    EXPECT_NE(of(changed).first, of(fox).first);
    EXPECT_NE(of(changed).second, of(fox).second);
  }
  EXPECT_FALSE(of(fox) == of(fox + '\0'));
}

}  // namespace
