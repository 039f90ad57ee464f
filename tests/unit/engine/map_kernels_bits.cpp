// Prints a digest of what the passes over maps compute, for comparison with the same passes compiled for another kind of processor.
#include <cstdio>
#include <vector>

#include "common/core/random.hpp"
#include "common/core/sha256.hpp"
#include "common/engine/onednn/map_kernels.hpp"

int main() {
  using namespace apq;
  using namespace apq::engine::onednn;
  constexpr std::size_t images = 3, rows_per_image = 75, rows = images * rows_per_image, channels = 77;  // no multiples of vectors
  RandomStream random(7, "test.map_kernels_bits");
  auto const normals = [&](std::size_t count, double mean, double deviation) {
    std::vector<float> values(count);
    for (auto& value : values) value = static_cast<float>(mean + deviation * random.normal());
    return values;
  };
  auto const map = normals(rows * channels, 0.3, 2);
  Sha256 hash;
  auto const add = [&](auto const& values) { hash.add(values.data(), values.size() * sizeof values[0]); };

  ChannelStatistics statistics(channels);
  statistics.add(map.data(), rows);
  add(statistics.mean());
  add(statistics.variance());
  for (bool const adds : {false, true})
    for (bool const bends : {false, true})
      for (auto const number : {Number::f32, Number::u8, Number::s8}) {
        if (adds && (bends || number != Number::f32)) continue;
        Epilogue epilogue;
        epilogue.scales = normals(channels, 1, 0.3);
        epilogue.shifts = normals(channels, 0, 1);
        epilogue.adds_to_destination = adds;
        epilogue.lowest = number == Number::s8 ? -127.0F : 0.0F;
        epilogue.highest = number == Number::u8 ? 255.0F : 127.0F;
        if (bends) epilogue.curve = space::Activation::h_swish;
        auto to = map;
        apply(epilogue, map.data(), rows, number, to.data());
        add(to);
      }
  for (bool const is_signed : {false, true}) {
    std::vector<std::uint8_t> codes(map.size());
    quantise(map.data(), map.size(), {is_signed, 3.7F, is_signed ? 127 : 255}, codes.data());
    add(codes);
    std::vector<float> floats(map.size());
    to_floats(codes.data(), is_signed ? Number::s8 : Number::u8, codes.size(), floats.data());
    add(floats);
  }
  auto gated = map;
  multiply_by_gates(normals(images * channels, 0, 3).data(), images, rows_per_image, channels, gated.data());
  add(gated);
  std::vector<float> means(images * channels);
  mean_over_map(map.data(), images, rows_per_image, channels, means.data());
  add(means);
  std::printf("%s\n", hash.hex().c_str());
  return 0;
}
