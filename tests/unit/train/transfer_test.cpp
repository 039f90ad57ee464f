#include "train/transfer.hpp"

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "common/core/error.hpp"
#include "train/predictor_model.hpp"
#include "train/row_split.hpp"
#include "unit/train/synthetic_rows.hpp"

using namespace apq;
using namespace apq::train;

namespace {

TEST(Transfer, ZeroInitialisedBranchChangesNothing) {
  auto const space = test::synthetic_space();
  AccuracyPredictor const fp(space::Encoding(space), false, 5, 60);
  auto const genes = genes_of(test::synthetic_rows(space, "quant", 30, 1));
  std::vector<space::Genes> architectures;
  for (auto const& g : genes) architectures.emplace_back(g.begin(), g.begin() + space.num_architecture_genes());
  EXPECT_EQ(add_bit_branch(fp, true, 1).predict(genes), fp.predict(architectures));
  EXPECT_NE(add_bit_branch(fp, false, 1).predict(genes), fp.predict(architectures));
  EXPECT_THROW(add_bit_branch(add_bit_branch(fp, true, 1), true, 1), Error);
}

TEST(Transfer, StartsFromABranchWhereThereIsOne) {
  auto const space = test::synthetic_space();
  space::Encoding const encoding(space);
  AccuracyPredictor const fp(encoding, false, 5, 8), quantised(encoding, true, 6, 8);
  EXPECT_FALSE(weights_to_start_from(fp, false, true, 1).contains("quantize_fc.weight"));
  EXPECT_EQ(weights_to_start_from(fp, true, true, 1).at("quantize_fc.weight").abs().max().item<float>(), 0);
  EXPECT_GT(weights_to_start_from(fp, true, false, 1).at("quantize_fc.weight").abs().max().item<float>(), 0);
  auto const own = weights_to_start_from(quantised, true, true, 1);
  EXPECT_TRUE(own.at("quantize_fc.weight").equal(quantised.model().weights.at("quantize_fc.weight")));
}

}  // namespace
