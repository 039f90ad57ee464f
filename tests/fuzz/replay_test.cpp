// A fuzz target without a fuzzer: its seeds, and a fixed series of damaged copies of them. $APQ_FUZZ_INPUT: that file alone, which a fuzzer
// left.
#include <cstdlib>

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/printable.hpp"
#include "fuzz/target.hpp"
#include "support/mutation.hpp"

namespace {

using namespace apq;

constexpr std::uint64_t num_damaged = 2000;

/// False also where something came out that must not, which is a failure of the test.
bool is_read(std::string const& input) {
  try {
    return fuzz::is_read(input);
  } catch (std::exception const& e) {
    ADD_FAILURE() << printable(e.what()) << "\nfor the input: " << printable(std::string_view(input).substr(0, 2000));
    return false;
  }
}

TEST(Fuzz, TheSeedsAreRead) {
  for (auto const& seed : fuzz::seeds()) EXPECT_TRUE(is_read(seed)) << printable(seed.substr(0, 2000));
}

TEST(Fuzz, DamagedSeedsAreReadOrRefused) {
  auto const seeds = fuzz::seeds();
  std::uint64_t number_read = 0;
  for (std::uint64_t i = 0; i < num_damaged && !HasFailure(); ++i) number_read += is_read(test::mutated(seeds[i % seeds.size()], i));
  EXPECT_GT(number_read, 0u) << "no damage was harmless: the writers were never asked";
}

TEST(Fuzz, TheInputGiven) {
  char const* const file = std::getenv("APQ_FUZZ_INPUT");
  if (file != nullptr) is_read(read_file(file));
}

}  // namespace
