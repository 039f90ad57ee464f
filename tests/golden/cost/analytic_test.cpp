// The analytic model against the released table, row by row.
#include <cmath>
#include <cstdio>

#include <gtest/gtest.h>

#include "common/cost/bitfusion.hpp"
#include "common/cost/lookup_table.hpp"
#include "support/shared_data.hpp"

namespace {
using namespace apq;
using namespace apq::cost;

TEST(GoldenAnalytic, ReproducesTheReleasedTable) {
  APQ_REQUIRE_DATA(data);
  LookupTable const table(data / "tables/bitfusion_lut_b1.json");
  BitFusion model{Hardware{}};
  double num_rows = 0, num_close = 0, error = 0, num_energy_close = 0;
  for (auto const& [key, entry] : table.entries()) {
    LayerShape shape;
    LayerBits bits;
    int padding = 0;
    if (std::sscanf(key.c_str(), "(%d, %d, %d, %d, %d, %d, %d)-W%dA%d", &shape.in_channels, &shape.out_channels, &shape.in_size,
                    &shape.kernel, &shape.stride, &padding, &shape.groups, &bits.weight, &bits.activation) != 9)
      continue;  // head and tail
    ASSERT_EQ(key_of(shape, bits), key);
    auto const run = model.run(shape, bits);
    double const cycles = std::round(entry.latency_ms * 5e5);
    double const difference = std::abs(static_cast<double>(run.cycles) - cycles);
    ++num_rows;
    error += difference / cycles;
    if (difference > 3) continue;
    ++num_close;
    num_energy_close += std::abs(energy_nj(run, model.hardware()) * 1e-6 / entry.energy_mj - 1) < 0.02;
  }
  ASSERT_GT(num_rows, 0);
  EXPECT_GE(num_close / num_rows, 0.93);
  EXPECT_LE(error / num_rows, 0.005);
  EXPECT_GE(num_energy_close / num_close, 0.95) << "energy within 2 % where the cycles match";
}

}  // namespace
