// How libFuzzer runs a target. Its first argument that is no option is the folder of the corpus, which the target's own seeds go to.
#include <cstddef>
#include <cstdint>
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
  apq::fuzz::is_read({reinterpret_cast<char const*>(data), size});
  return 0;
}
