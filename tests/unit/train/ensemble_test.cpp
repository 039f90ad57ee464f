#include "train/ensemble.hpp"

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "train/predictor_model.hpp"
#include "train/row_inputs.hpp"
#include "train/row_split.hpp"
#include "unit/train/synthetic_rows.hpp"

using namespace apq;
using namespace apq::train;

namespace {

TEST(Ensemble, JoinedNetworkIsLinearPartPlusShareOfTheMean) {
  auto const space = test::synthetic_space();
  space::Encoding const encoding(space);
  for (std::string const stage : {"fp", "quant"}) {
    bool const quantised = stage == "quant";
    auto const rows = test::synthetic_rows(space, stage, 20, 1);
    EXPECT_EQ(have_bits(space, rows), quantised);
    auto inputs = one_hot_inputs(encoding, rows).to(at::kDouble);
    if (!quantised) inputs = inputs.narrow(1, 0, encoding.architecture_size());
    LinearPart const linear{at::arange(inputs.size(1), at::kDouble).sin() * 0.05, 0.6, {}};
    std::vector<AccuracyPredictor> members;
    members.emplace_back(encoding, quantised, 1, 4);
    members.emplace_back(encoding, quantised, 2, 7);
    auto const joined = join_ensemble(encoding, linear, members, 0.3);
    EXPECT_EQ(joined.model().hidden, 1 + 4 + 7);
    EXPECT_EQ(joined.is_quantised(), quantised);
    auto const genes = genes_of(rows);
    auto const a = members[0].predict(genes), b = members[1].predict(genes), all = joined.predict(genes);
    auto const line = inputs.mv(linear.weight) + linear.bias;
    for (std::size_t i = 0; i < rows.size(); ++i)
      EXPECT_NEAR(all[i], line[static_cast<std::int64_t>(i)].item<double>() + 0.3 * (a[i] + b[i]) / 2, 1e-5);
  }
}

TEST(Ensemble, WidthsAddUpToTheAskedOne) {
  auto const space = test::synthetic_space();
  auto const rows = test::synthetic_rows(space, "fp", 40, 1);
  for (int hidden : {5, 18, 32}) {
    TrainConfig config;
    config.hidden = hidden;
    config.members = 4;
    config.fp.epochs = 1;
    EXPECT_EQ(fit_ensemble(space, rows, accuracies(rows), config, config.fp, 1).model().hidden, hidden);
  }
}

}  // namespace
