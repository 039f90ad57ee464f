#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "common/core/config.hpp"
#include "common/cost/layer.hpp"

namespace apq::cost {

/// A BitFusion accelerator (Sharma et al., ISCA 2018): a systolic array of fusion units whose 2-bit
/// bricks combine to one 8 x 8 bit product or to more products of fewer bits. Defaults: the
/// published "edge" configuration, which the release's table was made with; energy coefficients are
/// fitted to that table (spec A10.2).
struct Hardware {
  std::string name = "bitfusion_edge";
  int array_rows = 16;         ///< fusion units along input channels
  int array_columns = 32;      ///< along output channels
  int depthwise_channels = 8;  ///< channels that a depthwise layer processes at a time, at full precision
  int max_bits = 8,
      min_bits = 2;  ///< operand widths of a fusion unit; fewer bits than min gain nothing
  int partial_sum_bits = 32;
  double frequency_mhz = 500;
  int dram_bits_per_cycle = 192;  ///< 12 GB/s at 500 MHz
  int weight_buffer_kib = 64, input_buffer_kib = 32,
      output_buffer_kib = 16;                  ///< double buffered: half holds a tile
  double energy_nj_per_cycle = 0.408;          ///< leakage and clock
  double energy_nj_per_compute_cycle = 0.508;  ///< the array at work, with its buffers
  double energy_nj_per_dram_bit = 0.01538;
  bool operator==(Hardware const&) const = default;
};

/// An accelerator's YAML. @throws Error(config) with file:line for values out of range.
Hardware read_hardware(Config& config);
/// All that costs depend on, one line.
std::string identity_of(Hardware const& hardware);

/// What a layer takes on the accelerator.
struct LayerRun {
  std::int64_t cycles = 0;
  std::int64_t compute_cycles = 0;
  std::int64_t dram_bits = 0;  ///< read and written
  bool operator==(LayerRun const&) const = default;
};
double latency_ms(LayerRun const& run, Hardware const& hardware);
double energy_nj(LayerRun const& run, Hardware const& hardware);

/// Products per fusion unit and cycle: floor(max / a) x floor(max / w). 6 bit gains nothing over 8.
int packing_factor(LayerBits bits, Hardware const& hardware);

/// Best tiling and loop order of one layer (spec A10.2), fewest cycles, then least energy. A
/// grouped layer runs as passes of as many groups as fill `depthwise_channels` x packing factor
/// input channels, each pass a dense layer. Where no tile fits a buffer with its padding to the
/// array (7 x 7 depthwise filters with 4-bit activations, for one), tiles are stored without it.
/// @throws Error(data) when bits are outside [1, max_bits], the shape is not positive, groups do
/// not
///         divide the channels, or no tile fits the buffers at all.
LayerRun run_layer(LayerShape const& shape, LayerBits bits, Hardware const& hardware);

/// run_layer with the dense searches remembered: the layers of a space share most of them.
class BitFusion {
 public:
  explicit BitFusion(Hardware hardware) : hardware_(std::move(hardware)) {}
  LayerRun run(LayerShape const& shape, LayerBits bits);
  Hardware const& hardware() const { return hardware_; }

 private:
  Hardware hardware_;
  std::map<std::pair<LayerShape, LayerBits>, LayerRun> dense_;
};

}  // namespace apq::cost
