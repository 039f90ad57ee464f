#include "common/cost/bitfusion.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "common/core/error.hpp"

namespace apq::cost {
namespace {
using Int = std::int64_t;

Int divide_up(Int a, Int b) { return (a + b - 1) / b; }
Int round_up(Int a, Int b) { return divide_up(a, b) * b; }

/// Tile loops: over output columns and rows (alike, both "map"), input channels, output channels.
enum Loop { map, in, out };

/// One operand of a tile, in bits: as it travels (never padded) and as its buffer holds it.
struct Operand {
  Int size, stored, half_buffer;
  std::array<bool, 3> depends;  // by Loop
  bool fits() const { return stored <= half_buffer; }
};

struct Traffic {
  Int total;
  Int resident;  // part of it that is in the buffer before the loops around it start
};

/// Walks the loops from the innermost out: while the operand stays in its buffer, loops that do not
/// change it are free.
Traffic traffic_of(Operand const& operand, std::span<Loop const> order, std::array<Int, 3> const& count) {
  Int total = operand.size;
  Int stored = operand.stored;
  Int resident_size = total;
  bool resident = true;
  for (Loop loop : order) {
    if (resident && !operand.depends[loop]) continue;
    total *= count[loop];
    if (!resident) continue;
    stored *= count[loop];
    resident = stored <= operand.half_buffer;
    if (resident) resident_size = total;
  }
  return {total, resident_size};
}

/// Powers of two times `first`, and `last` itself, from large to small.
std::vector<Int> tile_sizes(Int first, Int last) {
  std::vector<Int> sizes;
  for (Int size = first; size < last; size *= 2) sizes.push_back(size);
  sizes.push_back(last);
  std::reverse(sizes.begin(), sizes.end());
  return sizes;
}

/// What a tile takes of a buffer: whole rows and columns of the array, or only the channels there
/// are.
enum class Occupancy { padded, exact };

/// Best run over all tiles that fit; nothing when none does.
std::optional<LayerRun> search_tiles(LayerShape const& shape, LayerBits bits, Hardware const& hardware, Occupancy occupancy) {
  Int const kernel = shape.kernel;
  Int const kernel_area = kernel * kernel;
  Int const out_size = shape.out_size();
  Int const lanes = Int{hardware.array_rows} * packing_factor(bits, hardware);
  Int const columns = hardware.array_columns;
  Int const bandwidth = hardware.dram_bits_per_cycle;

  std::optional<LayerRun> best;
  for (Int const o : tile_sizes(1, out_size))
    for (Int const ic : tile_sizes(1, shape.in_channels))
      for (Int const oc : tile_sizes(shape.im2col ? 1 : columns, shape.out_channels)) {
        std::array<Int, 3> const count{divide_up(out_size, o), divide_up(shape.in_channels, ic), divide_up(shape.out_channels, oc)};
        Int const num_tiles = count[map] * count[map] * count[in] * count[out];
        // im2col unrolls the filter into the rows of the array; else rows hold input channels only.
        Int const depth = shape.im2col ? kernel_area * ic : ic;
        Int const padded_depth = round_up(depth, lanes);
        Int const padded_oc = round_up(oc, columns);
        Int const side = kernel + (o - 1) * shape.stride;
        Int const positions = shape.im2col ? o * o : side * side;
        Int const taps = shape.im2col ? 1 : kernel_area;
        auto operand = [&](Int size, Int padded, int buffer_kib, std::array<bool, 3> depends) {
          return Operand{size, occupancy == Occupancy::padded ? padded : size, Int{buffer_kib} * 1024 * 8 / 2, depends};
        };
        auto const act = operand(positions * depth * bits.activation, positions * padded_depth * bits.activation, hardware.input_buffer_kib,
                                 {true, true, false});
        auto const wgt = operand(taps * depth * oc * bits.weight, taps * padded_depth * padded_oc * bits.weight, hardware.weight_buffer_kib,
                                 {false, true, true});
        auto const sum = operand(o * o * oc * hardware.partial_sum_bits, o * o * padded_oc * hardware.partial_sum_bits,
                                 hardware.output_buffer_kib, {true, false, true});
        if (!act.fits() || !wgt.fits() || !sum.fits()) continue;

        Int const compute = num_tiles * taps * o * o * (padded_oc / columns) * (padded_depth / lanes);
        if (best) {
          // No order is faster than these two bounds, so the result is that of the full search.
          Int const first_tile = divide_up(act.size + wgt.size + sum.size, bandwidth) + divide_up(sum.size, bandwidth);
          Int const each_once = act.size * count[map] * count[map] * count[in] + wgt.size * count[in] * count[out] +
                                2 * sum.size * count[map] * count[map] * count[out];
          if (compute + first_tile > best->cycles || divide_up(each_once, bandwidth) > best->cycles) continue;
        }
        std::array<Loop, 4> loops{};
        std::size_t num_loops = 0;
        for (Loop loop : {map, map, in, out})
          if (count[loop] > 1) loops[num_loops++] = loop;
        std::span<Loop> const order(loops.data(), num_loops);
        do {
          auto const a = traffic_of(act, order, count);
          auto const w = traffic_of(wgt, order, count);
          auto const s = traffic_of(sum, order, count);  // read once and written once
          Int const latency = divide_up(a.resident + w.resident + s.resident, bandwidth) + divide_up(s.resident, bandwidth);
          Int const dram = a.total + w.total + 2 * s.total;
          Int const overlapped = divide_up(dram - a.resident - w.resident - 2 * s.resident, bandwidth);
          LayerRun const run{std::max(compute, overlapped) + latency, compute, dram};
          if (!best || run.cycles < best->cycles || (run.cycles == best->cycles && energy_nj(run, hardware) < energy_nj(*best, hardware)))
            best = run;
        } while (std::next_permutation(order.begin(), order.end()));
      }
  return best;
}

/// Layers without groups. Large filters at few bits fit no buffer when padded (that is why the
/// release's table lacks 7 x 7 with 4-bit activations); those are stored without the padding.
LayerRun run_dense(LayerShape const& shape, LayerBits bits, Hardware const& hardware) {
  for (auto occupancy : {Occupancy::padded, Occupancy::exact})
    if (auto const best = search_tiles(shape, bits, hardware, occupancy)) return *best;
  throw Error(Errc::data,
              fmt::format("{}: not even the smallest tile of layer {} fits the buffers; enlarge them", hardware.name, key_of(shape, bits)));
}

/// A layer as `count` runs of a dense one.
struct Passes {
  LayerShape dense;
  Int count;
};

Passes passes_of(LayerShape const& shape, LayerBits bits, Hardware const& hardware) {
  bool const positive = shape.in_channels > 0 && shape.out_channels > 0 && shape.in_size > 0 && shape.kernel > 0 && shape.stride > 0 &&
                        shape.groups > 0 && shape.out_size() > 0;
  if (!positive || shape.in_channels % shape.groups != 0 || shape.out_channels % shape.groups != 0)
    throw Error(Errc::data,
                fmt::format("layer {}: is not a convolution (sizes must be positive, groups divide the channels)", key_of(shape, bits)));
  for (int width : {bits.weight, bits.activation})
    if (width < 1 || width > hardware.max_bits)
      throw Error(Errc::data,
                  fmt::format("layer {}: {} computes with 1 to {} bits", key_of(shape, bits), hardware.name, hardware.max_bits));
  if (shape.groups == 1) return {shape, 1};
  int const in_per_group = shape.in_channels / shape.groups;
  int const together = std::max(1, hardware.depthwise_channels * packing_factor(bits, hardware) / in_per_group);
  LayerShape dense = shape;
  dense.groups = 1;
  dense.in_channels = together * in_per_group;
  dense.out_channels = together * (shape.out_channels / shape.groups);
  return {dense, divide_up(shape.groups, together)};
}

LayerRun times(LayerRun const& run, Int count) { return {run.cycles * count, run.compute_cycles * count, run.dram_bits * count}; }

}  // namespace

std::string key_of(LayerShape const& s, LayerBits bits) {
  return fmt::format("({}, {}, {}, {}, {}, {}, {})-W{}A{}", s.in_channels, s.out_channels, s.in_size, s.kernel, s.stride, s.padding(),
                     s.groups, bits.weight, bits.activation);
}

int packing_factor(LayerBits bits, Hardware const& hardware) {
  auto per_operand = [&](int width) { return hardware.max_bits / std::max(width, hardware.min_bits); };
  return per_operand(bits.weight) * per_operand(bits.activation);
}

double latency_ms(LayerRun const& run, Hardware const& hardware) {
  return static_cast<double>(run.cycles) / (hardware.frequency_mhz * 1e3);
}

double energy_nj(LayerRun const& run, Hardware const& hardware) {
  return hardware.energy_nj_per_cycle * static_cast<double>(run.cycles) +
         hardware.energy_nj_per_compute_cycle * static_cast<double>(run.compute_cycles) +
         hardware.energy_nj_per_dram_bit * static_cast<double>(run.dram_bits);
}

LayerRun run_layer(LayerShape const& shape, LayerBits bits, Hardware const& hardware) {
  auto const passes = passes_of(shape, bits, hardware);
  return times(run_dense(passes.dense, bits, hardware), passes.count);
}

LayerRun BitFusion::run(LayerShape const& shape, LayerBits bits) {
  auto const passes = passes_of(shape, bits, hardware_);
  auto const [found, is_new] = dense_.try_emplace({passes.dense, bits});
  if (is_new) {
    try {
      found->second = run_dense(passes.dense, bits, hardware_);
    } catch (...) {
      dense_.erase(found);
      throw;
    }
  }
  return times(found->second, passes.count);
}

Hardware read_hardware(Config& config) {
  Hardware h;
  h.name = config.get_or<std::string>("name", h.name, {"Name of the accelerator, for reports"});
  auto array = config.section("array", {"The systolic array"});
  h.array_rows = array.get_or<int>("rows", h.array_rows, {1, 4096}, {"Fusion units along input channels", "units"});
  h.array_columns = array.get_or<int>("columns", h.array_columns, {1, 4096}, {"Fusion units along output channels", "units"});
  h.depthwise_channels = array.get_or<int>("depthwise_channels", h.depthwise_channels, {1, 4096},
                                           {"Channels that a depthwise layer processes at a time, at full precision", "channels"});
  h.max_bits = array.get_or<int>("max_bits", h.max_bits, {1, 32}, {"Widest operand of a fusion unit", "bits"});
  h.min_bits = array.get_or<int>("min_bits", h.min_bits, {1, 32}, {"Narrowest operand; fewer bits gain nothing", "bits"});
  if (h.min_bits > h.max_bits) array.fail("min_bits", fmt::format("is above max_bits ({})", h.max_bits));
  h.partial_sum_bits = array.get_or<int>("partial_sum_bits", h.partial_sum_bits, {1, 64}, {"Width of partial sums", "bits"});
  h.frequency_mhz = config.get_or<double>("frequency_mhz", h.frequency_mhz, {1e-3, 1e5}, {"Clock frequency", "MHz"});
  h.dram_bits_per_cycle =
      config.get_or<int>("dram_bits_per_cycle", h.dram_bits_per_cycle, {1, 1 << 20}, {"Memory bandwidth", "bits a cycle"});
  auto buffers = config.section("buffers_kib", {"On-chip buffers, double buffered"});
  h.weight_buffer_kib =
      buffers.get_or<int>("weight", h.weight_buffer_kib, {1, 1 << 20}, {"Buffer of weights; half of it holds a tile", "KiB"});
  h.input_buffer_kib = buffers.get_or<int>("input", h.input_buffer_kib, {1, 1 << 20}, {"Buffer of inputs; half of it holds a tile", "KiB"});
  h.output_buffer_kib =
      buffers.get_or<int>("output", h.output_buffer_kib, {1, 1 << 20}, {"Buffer of outputs; half of it holds a tile", "KiB"});
  auto energy = config.section("energy_nj", {"Coefficients of energy"});
  h.energy_nj_per_cycle = energy.get_or<double>("per_cycle", h.energy_nj_per_cycle, {0.0, 1e9}, {"Leakage and clock", "nJ a cycle"});
  h.energy_nj_per_compute_cycle = energy.get_or<double>("per_compute_cycle", h.energy_nj_per_compute_cycle, {0.0, 1e9},
                                                        {"The array at work, with its buffers", "nJ a cycle"});
  h.energy_nj_per_dram_bit = energy.get_or<double>("per_dram_bit", h.energy_nj_per_dram_bit, {0.0, 1e9}, {"Memory traffic", "nJ a bit"});
  return h;
}

std::string identity_of(Hardware const& hardware) {
  auto const& [name, rows, columns, depthwise, max_bits, min_bits, sum_bits, mhz, dram, weight, input, output, cycle, compute, bit] =
      hardware;
  return fmt::format("bitfusion {}x{} depthwise {} bits {}-{} sums {} at {} MHz, {} bits a cycle, {}+{}+{} KiB, {} {} {} nJ", rows, columns,
                     depthwise, min_bits, max_bits, sum_bits, mhz, dram, weight, input, output, cycle, compute, bit);
}

}  // namespace apq::cost
