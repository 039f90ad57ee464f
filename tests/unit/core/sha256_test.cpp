#include "common/core/sha256.hpp"

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "support/temp_dir.hpp"

namespace {
using namespace apq;

// FIPS 180-4 example vectors.
TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(sha256_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_of(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesEqualTheWhole) {
  EXPECT_EQ(Sha256{}.add("a").add("").add("bc").hex(), sha256_of("abc"));
  EXPECT_EQ(Sha256{}.add_value(std::uint32_t{0x64636261}).hex(), sha256_of("abcd")) << "little-endian";
}

TEST(Sha256, OfAFile) {
  test::TempDir const dir;
  for (std::size_t size : {0u, 3u, 1u << 20, (1u << 20) + 1u}) {
    std::string const text(size, 'x');
    replace_file(dir / "f", text);
    EXPECT_EQ(sha256_of_file(dir / "f"), sha256_of(text)) << size;
  }
  for (auto const& unreadable : {dir / "absent", dir.path()}) {
    try {
      sha256_of_file(unreadable);
      ADD_FAILURE() << unreadable;
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::io);
    }
  }
}

}  // namespace
