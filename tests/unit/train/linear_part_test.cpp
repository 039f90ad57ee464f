#include "train/linear_part.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "common/core/error.hpp"
#include "common/core/random.hpp"

using namespace apq;
using namespace apq::train;

namespace {

/// Rows of two genes with three choices each.
at::Tensor some_inputs(std::int64_t n) {
  auto inputs = at::zeros({n, 6});
  RandomStream random(1, "test.linear");
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t gene : {0, 3}) inputs[i][gene + static_cast<std::int64_t>(random.below(3))] = 1;
  return inputs;
}
std::vector<double> values_of(at::Tensor const& t) {
  auto const c = t.to(at::kDouble).contiguous();
  return {c.data_ptr<double>(), c.data_ptr<double>() + c.numel()};
}

TEST(LinearPart, FindsALinearLaw) {
  auto const inputs = some_inputs(60);
  auto const truth = inputs.mv(at::tensor({0.0F, 0.1F, 0.3F, 0.2F, 0.0F, -0.4F})) + 0.5;
  auto const linear = fit_linear_part(inputs, at::eye(6), values_of(truth));
  EXPECT_LT((inputs.to(at::kDouble).mv(linear.weight) + linear.bias - truth).abs().max().item<double>(), 2e-3);
  for (double const error : linear.left_out_errors) EXPECT_LT(std::abs(error), 3e-3);
}

// PRESS against the refits it saves: at a penalty that hardly matters both are those of least squares.
TEST(LinearPart, LeftOutErrorsAreThoseOfRefits) {
  auto const inputs = some_inputs(40);
  auto labels = values_of(inputs.mv(at::tensor({0.0F, 1.0F, 3.0F, 2.0F, 0.0F, -4.0F})));
  RandomStream random(2, "test.noise");
  for (auto& label : labels) label += 0.05 * random.normal();
  auto const all = fit_linear_part(inputs, at::eye(6), labels);
  for (std::int64_t out : {0, 17, 39}) {
    auto const kept = at::cat({inputs.narrow(0, 0, out), inputs.slice(0, out + 1)});
    auto fewer = labels;
    fewer.erase(fewer.begin() + out);
    auto const refit = fit_linear_part(kept, at::eye(6), fewer);
    double const predicted = inputs[out].to(at::kDouble).dot(refit.weight).item<double>() + refit.bias;
    auto const i = static_cast<std::size_t>(out);
    EXPECT_NEAR(all.left_out_errors[i], labels[i] - predicted, 5e-3);
  }
}

TEST(LinearPart, RefusesLabelsThatAreNotFinite) {
  auto labels = std::vector<double>(10, 0.5);
  labels[3] = std::numeric_limits<double>::quiet_NaN();
  try {
    fit_linear_part(some_inputs(10), at::eye(6), labels);
    ADD_FAILURE() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), Errc::numeric);
    EXPECT_NE(std::string(error.what()).find("are the accuracies finite?"), std::string::npos);
  }
}

}  // namespace
