// How libFuzzer runs a target. Its first argument that is no option is the folder of the corpus, which the target's own seeds go to.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "fuzz/target.hpp"
#include "support/temp_dir.hpp"

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  namespace fs = std::filesystem;
  for (int i = 1; i < *argc; ++i) {
    fs::path const corpus = (*argv)[i];
    if (!fs::is_directory(corpus)) continue;
    std::size_t number = 0;
    for (auto const& seed : apq::fuzz::seeds()) apq::test::write_quickly(corpus / ("seed-" + std::to_string(number++)), seed);
    break;
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  // Of the processor's time: libFuzzer's own limit is one of the clock on the wall, which on a busy machine finds hangs that are none.
  static double const most_seconds = [] {
    char const* const given = std::getenv("APQ_FUZZ_SECONDS");
    return given == nullptr ? 5.0 : std::atof(given);
  }();
  auto const start = std::clock();
  apq::fuzz::is_read({reinterpret_cast<char const*>(data), size});
  apq::fuzz::require(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < most_seconds, "an input takes too long");
  return 0;
}
