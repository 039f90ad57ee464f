#include "common/cost/bitfusion.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "common/core/config.hpp"
#include "common/core/error.hpp"
#include "common/core/random.hpp"
#include "support/shared_data.hpp"

namespace {
using namespace apq;
using namespace apq::cost;

LayerShape pointwise(int in, int out, int size) { return {in, out, size, 1, 1, 1}; }
LayerShape depthwise(int channels, int size, int kernel, int stride) { return {channels, channels, size, kernel, stride, channels}; }
std::int64_t cycles(LayerShape const& shape, LayerBits bits) { return run_layer(shape, bits, {}).cycles; }

TEST(BitFusion, CyclesOfTheReleasesTable) {
  EXPECT_EQ(cycles({3, 32, 224, 3, 2, 1, true}, {8, 8}), 147'952);  // head
  EXPECT_EQ(cycles(pointwise(320, 1280, 7), {8, 8}), 40'804);       // tail
  EXPECT_EQ(cycles(depthwise(1152, 7, 3, 1), {8, 8}), 89'856);
  EXPECT_EQ(cycles(pointwise(16, 96, 112), {8, 8}), 409'835);
  EXPECT_EQ(cycles(pointwise(1152, 192, 7), {8, 8}), 26'466);
  EXPECT_EQ(cycles(depthwise(576, 14, 3, 1), {4, 4}), 50'508);
  EXPECT_EQ(cycles(depthwise(576, 14, 3, 1), {8, 8}), 134'496);
  EXPECT_EQ(cycles(depthwise(96, 112, 3, 2), {8, 8}), 339'828);
  EXPECT_EQ(cycles(depthwise(96, 112, 7, 2), {6, 8}), 1'845'612);
}

TEST(BitFusion, LayersThatTheTableLeavesOut) {
  EXPECT_EQ(cycles(pointwise(32, 16, 112), {8, 8}), 83'649);
  EXPECT_EQ(cycles(pointwise(1280, 1000, 1), {8, 8}), 53'721);
}

TEST(BitFusion, SixBitsGainNoSpeedOverEight) {
  EXPECT_EQ(packing_factor({8, 8}, {}), 1);
  EXPECT_EQ(packing_factor({6, 8}, {}), 1);
  EXPECT_EQ(packing_factor({6, 6}, {}), 1);
  EXPECT_EQ(packing_factor({4, 8}, {}), 2);
  EXPECT_EQ(packing_factor({4, 4}, {}), 4);
  EXPECT_EQ(packing_factor({3, 3}, {}), 4);
  EXPECT_EQ(packing_factor({2, 2}, {}), 16);
  EXPECT_EQ(packing_factor({1, 1}, {}), 16) << "below min_bits nothing is gained";
  auto const at = [](LayerBits bits) { return run_layer(depthwise(96, 56, 5, 1), bits, {}).compute_cycles; };
  EXPECT_EQ(at({6, 6}), at({8, 8}));
  EXPECT_GT(at({6, 6}), at({4, 4}));
}

// The tile search of spec A10.2 as it stands there, every tile and every order, nothing skipped.
std::int64_t cycles_by_full_search(LayerShape const& s, LayerBits bits, Hardware const& h, bool is_padded = true) {
  auto up = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
  std::int64_t const lanes = h.array_rows * packing_factor(bits, h);
  std::int64_t const bandwidth = h.dram_bits_per_cycle;
  auto sizes = [](std::int64_t first, std::int64_t last) {
    std::vector<std::int64_t> all;
    for (; first < last; first *= 2) all.push_back(first);
    all.push_back(last);
    return all;
  };
  std::int64_t best = -1;
  for (auto o : sizes(1, s.out_size()))
    for (auto ic : sizes(1, s.in_channels))
      for (auto oc : sizes(h.array_columns, s.out_channels)) {
        std::int64_t const k2 = s.kernel * s.kernel;
        std::int64_t const side = s.kernel + (o - 1) * s.stride;
        std::int64_t const ic_padded = is_padded ? up(ic, lanes) * lanes : ic;
        std::int64_t const oc_padded = is_padded ? up(oc, h.array_columns) * h.array_columns : oc;
        std::array<std::int64_t, 4> const n{up(s.out_size(), o), up(s.out_size(), o), up(s.in_channels, ic), up(s.out_channels, oc)};
        std::array<std::int64_t, 3> const size{side * side * ic * bits.activation, k2 * ic * oc * bits.weight, o * o * oc * 32};
        std::array<std::int64_t, 3> const padded{side * side * ic_padded * bits.activation, k2 * ic_padded * oc_padded * bits.weight,
                                                 o * o * oc_padded * 32};
        std::array<std::int64_t, 3> const half{h.input_buffer_kib * 4096, h.weight_buffer_kib * 4096, h.output_buffer_kib * 4096};
        bool const depends[3][4] = {{true, true, true, false}, {false, false, true, true}, {true, true, false, true}};
        if (padded[0] > half[0] || padded[1] > half[1] || padded[2] > half[2]) continue;
        std::int64_t const compute = n[0] * n[1] * n[2] * n[3] * up(oc, h.array_columns) * o * o * k2 * up(ic, lanes);
        std::array<int, 4> order{0, 1, 2, 3};
        do {
          std::int64_t total[3], resident[3];
          for (int i = 0; i < 3; ++i) {
            bool stays = true;
            std::int64_t in_buffer = padded[static_cast<std::size_t>(i)];
            total[i] = resident[i] = size[static_cast<std::size_t>(i)];
            for (int loop : order) {
              auto const count = n[static_cast<std::size_t>(loop)];
              if (stays && !depends[i][loop]) continue;
              total[i] *= count;
              if (!stays) continue;
              in_buffer *= count;
              if (in_buffer > half[static_cast<std::size_t>(i)]) stays = false;
              else resident[i] = total[i];
            }
          }
          std::int64_t const latency = up(resident[0] + resident[1] + resident[2], bandwidth) + up(resident[2], bandwidth);
          std::int64_t const middle = total[0] + total[1] + 2 * total[2] - resident[0] - resident[1] - 2 * resident[2];
          std::int64_t const all = compute + std::max<std::int64_t>(0, up(middle, bandwidth) - compute) + latency;
          if (best < 0 || all < best) best = all;
        } while (std::next_permutation(order.begin(), order.end()));
      }
  return best < 0 && is_padded ? cycles_by_full_search(s, bits, h, false) : best;
}

TEST(BitFusion, SkippingHopelessTilesDoesNotChangeTheResult) {
  RandomStream random(4, "tiles");
  auto between = [&](int low, int high) { return low + static_cast<int>(random.below(static_cast<std::uint64_t>(high - low + 1))); };
  for (int i = 0; i < 60; ++i) {
    LayerShape const shape{between(1, 400), between(1, 400), between(1, 60), 1 + 2 * between(0, 3), between(1, 2), 1};
    LayerBits const bits{between(2, 8), between(2, 8)};
    SCOPED_TRACE(key_of(shape, bits));
    EXPECT_EQ(cycles(shape, bits), cycles_by_full_search(shape, bits, {}));
  }
}

TEST(BitFusion, DepthwiseRunsInGroupsOfPackedChannels) {
  for (LayerBits bits : {LayerBits{8, 8}, LayerBits{4, 4}, LayerBits{2, 4}}) {
    int const together = 8 * packing_factor(bits, {});
    auto const dense = run_layer({together, together, 28, 5, 2, 1}, bits, {});
    auto const run = run_layer(depthwise(3 * together - 1, 28, 5, 2), bits, {});
    EXPECT_EQ(run.cycles, 3 * dense.cycles);
    EXPECT_EQ(run.dram_bits, 3 * dense.dram_bits);
  }
}

TEST(BitFusion, GroupsWiderThanAPassRunOneByOne) {
  auto const dense = run_layer({32, 48, 14, 3, 1, 1}, {8, 8}, {});
  EXPECT_EQ(cycles({64, 96, 14, 3, 1, 2}, {8, 8}), 2 * dense.cycles);
}

TEST(BitFusion, FiltersThatFitOnlyWithoutPaddingRun) {
  // The release's table has none of these with 4-bit activations.
  for (int kernel : {7, 9, 11}) {
    auto const few = run_layer(depthwise(96, 28, kernel, 1), {4, 4}, {});
    EXPECT_GT(few.cycles, 0);
    EXPECT_LT(few.cycles, run_layer(depthwise(96, 28, kernel, 1), {8, 8}, {}).cycles);
    EXPECT_GT(run_layer(depthwise(96, 28, kernel, 1), {2, 2}, {}).cycles, 0);
  }
}

TEST(BitFusion, BoundsHold) {
  RandomStream random(9, "bounds");
  Hardware const hardware;
  for (int i = 0; i < 200; ++i) {
    LayerShape const shape =
        pointwise(1 + static_cast<int>(random.below(600)), 1 + static_cast<int>(random.below(600)), 1 + static_cast<int>(random.below(56)));
    LayerBits const bits{2 + static_cast<int>(random.below(7)), 2 + static_cast<int>(random.below(7))};
    auto const run = run_layer(shape, bits, hardware);
    double const peak = hardware.array_rows * hardware.array_columns * packing_factor(bits, hardware);
    EXPECT_GE(static_cast<double>(run.compute_cycles), shape.macs() / peak);
    EXPECT_GT(run.cycles, run.compute_cycles);
    EXPECT_GE(run.cycles * hardware.dram_bits_per_cycle, run.dram_bits);
    EXPECT_GE(static_cast<double>(run.dram_bits), shape.num_weights() * bits.weight);
  }
}

TEST(BitFusion, MoreHardwareIsNeverSlower) {
  Hardware wide, buffered;
  wide.dram_bits_per_cycle *= 2;
  buffered.output_buffer_kib *= 2;
  buffered.weight_buffer_kib *= 2;
  buffered.input_buffer_kib *= 2;
  for (auto const& shape : {pointwise(16, 96, 112), pointwise(960, 320, 7), depthwise(240, 28, 7, 1)}) {
    auto const base = run_layer(shape, {8, 4}, {}).cycles;
    EXPECT_LE(run_layer(shape, {8, 4}, wide).cycles, base);
    EXPECT_LE(run_layer(shape, {8, 4}, buffered).cycles, base);
  }
}

TEST(BitFusion, RememberedSearchesGiveTheSame) {
  BitFusion model{Hardware{}};
  for (int repeat = 0; repeat < 2; ++repeat)
    for (auto const& shape : {pointwise(24, 96, 56), depthwise(96, 56, 3, 1), depthwise(200, 56, 3, 1)})
      EXPECT_EQ(model.run(shape, {4, 6}), run_layer(shape, {4, 6}, {}));
}

TEST(BitFusion, UnitsOfLatencyAndEnergy) {
  Hardware const hardware;
  LayerRun const run{500'000, 100'000, 1'000'000};
  EXPECT_DOUBLE_EQ(latency_ms(run, hardware), 1.0);
  EXPECT_DOUBLE_EQ(energy_nj(run, hardware), 0.408 * 500'000 + 0.508 * 100'000 + 0.01538 * 1'000'000);
}

TEST(BitFusion, Refusals) {
  EXPECT_THROW(run_layer(pointwise(16, 16, 8), {9, 8}, {}), Error);
  EXPECT_THROW(run_layer(pointwise(16, 16, 8), {8, 0}, {}), Error);
  EXPECT_THROW(run_layer(pointwise(0, 16, 8), {8, 8}, {}), Error);
  EXPECT_THROW(run_layer({16, 16, 8, 3, 1, 3}, {8, 8}, {}), Error);
  Hardware tiny;
  tiny.weight_buffer_kib = 1;
  EXPECT_THROW(run_layer({16, 16, 8, 7, 1, 1}, {8, 8}, tiny), Error);
}

TEST(BitFusion, TheConfigurationFileIsTheDefault) {
  auto config = Config::load(test::source_dir() / "configs/hardware/bitfusion_edge.yaml");
  EXPECT_EQ(config.get<std::string>("model", {"Model"}), "bitfusion");
  EXPECT_EQ(read_hardware(config), Hardware{});
  config.finish();
}

TEST(BitFusion, EveryValueButTheNameIsPartOfTheIdentity) {
  auto const identity_with = [](std::string const& yaml) {
    auto config = Config::parse(yaml, "h.yaml");
    return identity_of(read_hardware(config));
  };
  auto const standard = identity_of(Hardware{});
  EXPECT_EQ(identity_with("name: other"), standard);
  for (char const* change :
       {"array: {rows: 17}", "array: {columns: 17}", "array: {depthwise_channels: 9}", "array: {max_bits: 9}", "array: {min_bits: 3}",
        "array: {partial_sum_bits: 24}", "frequency_mhz: 500.5", "dram_bits_per_cycle: 193", "buffers_kib: {weight: 65}",
        "buffers_kib: {input: 33}", "buffers_kib: {output: 17}", "energy_nj: {per_cycle: 0.4080001}",
        "energy_nj: {per_compute_cycle: 0.5080001}", "energy_nj: {per_dram_bit: 0.0153800001}"})
    EXPECT_NE(identity_with(change), standard) << change;
}

TEST(BitFusion, HardwareFilesAreChecked) {
  auto refusal = [&](std::string const& text) -> std::string {
    try {
      auto config = Config::parse(text, "h.yaml");
      read_hardware(config);
      config.finish();
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::config);
      return std::string(e.what()).substr(6);
    }
    return "no error";
  };
  EXPECT_EQ(refusal("array: {rows: 0}"), ":1: array.rows = 0 is out of range; it must be from 1 to 4096");
  EXPECT_EQ(refusal("name: x\nbuffers_kib: {weights: 3}"), ":2: buffers_kib.weights: unknown key; did you mean weight?");
  EXPECT_EQ(refusal("array: {min_bits: 9}"), ":1: array.min_bits = 9: is above max_bits (8)");
}

}  // namespace
