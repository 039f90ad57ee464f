// How many images a second does one core decode, and decode, resize and crop for a network of 224 px? Pictures of ImageNet's usual
// size, 500x375, quality 90, 4:2:0, about as large as its files (made here: waves and noise). "images" is images a second.
#include <cmath>

#include <benchmark/benchmark.h>
#include <turbojpeg.h>

#include "common/core/random.hpp"
#include "common/image/decode.hpp"
#include "common/image/resize.hpp"

namespace {

using namespace apq;

std::vector<std::uint8_t> make_jpeg(std::uint64_t number) {
  constexpr int width = 500, height = 375;
  RandomStream random(1, "bench.decode", number);
  std::vector<std::uint8_t> pixels;
  double const phase = 6 * random.uniform();
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        pixels.push_back(static_cast<std::uint8_t>(120 + 60 * std::sin(x * 0.05 + phase + c) + 40 * std::cos(y * 0.08 + x * 0.2) +
                                                   20 * random.uniform()));
  tjhandle const handle = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  tjCompress2(handle, pixels.data(), width, 0, height, TJPF_RGB, &bytes, &size, TJSAMP_420, 90, 0);
  std::vector<std::uint8_t> file(bytes, bytes + size);
  tjFree(bytes);
  tjDestroy(handle);
  return file;
}

void run(benchmark::State& state, bool with_fit) {
  std::vector<std::vector<std::uint8_t>> files;
  std::size_t bytes = 0;
  for (std::uint64_t i = 0; i < 8; ++i) {
    files.push_back(make_jpeg(i));
    bytes += files.back().size();
  }
  image::Decoder decoder;
  std::vector<std::uint8_t> out(3 * 224 * 224);
  std::size_t next = 0;
  for (auto _ : state) {
    auto const& picture = decoder.decode(files[next++ % files.size()]);
    if (with_fit) image::fit(picture, {3, 256, 224}, out);
    benchmark::DoNotOptimize(picture.pixels.data());
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["images"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["file_bytes"] = static_cast<double>(bytes) / static_cast<double>(files.size());
}

BENCHMARK_CAPTURE(run, decode, false)->Unit(benchmark::kMicrosecond)->MinTime(2);
BENCHMARK_CAPTURE(run, decode_resize_crop, true)->Unit(benchmark::kMicrosecond)->MinTime(2);

}  // namespace

BENCHMARK_MAIN();
