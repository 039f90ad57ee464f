#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "common/image/decode.hpp"
#include "support/error_of.hpp"

namespace {

using namespace apq;

// Linked with decode_no_webp.cpp in front of the library.
TEST(NoWebp, IsRefusedByNameWithTheCure) {
  std::string const file("RIFF\x04\0\0\0WEBP", 12);
  image::Decoder decoder;
  test::expect_error(Errc::data, "is WebP, for which this apq was built without libwebp (Debian: libwebp-dev", [&] {
    decoder.decode({reinterpret_cast<std::uint8_t const*>(file.data()), file.size()});
  });
}

}  // namespace
