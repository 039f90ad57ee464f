// Every activation behind a float convolution, as the fused engine and its passes over maps compute it; on any processor.
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/core/random.hpp"
#include "common/engine/onednn/coded_layer.hpp"
#include "common/engine/onednn/map_kernels.hpp"
#include "common/net/activation.hpp"

namespace {

using namespace apq;
using namespace apq::engine::onednn;

constexpr std::int64_t batch = 3, in = 24, out = 37, size = 7;

at::Tensor normals(RandomStream& random, std::vector<std::int64_t> const& shape, double mean, double deviation) {
  auto tensor = at::empty(shape, at::kFloat);
  for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<float>()[i] = static_cast<float>(mean + deviation * random.normal());
  return tensor;
}

class EveryActivation : public testing::TestWithParam<space::ActivationKind> {
 protected:
  EveryActivation() {
    RandomStream random(14, "test.onednn_activation");
    unit_.weight = normals(random, {out, in, 1, 1}, 0, 0.5);
    unit_.norm = net::BatchNorm{normals(random, {out}, 1, 0.2), normals(random, {out}, 1, 0.5), normals(random, {out}, 0, 1),
                                normals(random, {out}, 0, 1).abs() + 0.5, 1e-3};
    unit_.activation = GetParam().value;
    images_ = normals(random, {batch, in, size, size}, 0, 2);
    source_ = images_.permute({0, 2, 3, 1}).contiguous();
  }
  at::Tensor expected() const {
    auto const& n = *unit_.norm;
    auto y = at::batch_norm(at::conv2d(images_, unit_.weight), n.weight, n.bias, n.running_mean, n.running_var, false, 0, n.epsilon, false);
    return net::activated(*unit_.activation, y, false).permute({0, 2, 3, 1}).contiguous().flatten();
  }

  at::NoGradGuard no_grad_;
  net::ConvUnit unit_;
  at::Tensor images_, source_;
};

TEST_P(EveryActivation, BehindAConvolutionIsTheReferences) {
  auto const layer = coded(unit_, false);
  auto found = at::empty({batch * size * size * out}, at::kFloat);
  layer.convolution(layer.shape(batch, size), Number::f32, layer.epilogue({}, false)).run(source_.data_ptr(), found.data_ptr());
  EXPECT_TRUE(at::allclose(found, expected(), 1e-4, 1e-4));
  EXPECT_GT(found.std().item<double>(), 0.3) << "all alike proves nothing";
}

TEST_P(EveryActivation, AppliedToSumsIsTheReferencesAndItsCodesAreRounded) {
  auto const layer = coded(unit_, false);
  auto const shape = layer.shape(batch, size);
  auto sums = at::empty({batch * size * size * out}, at::kFloat), found = at::empty_like(sums);
  layer.convolution(shape, Number::f32, {}).run(source_.data_ptr(), sums.data_ptr());
  auto const rows = static_cast<std::size_t>(batch * size * size);
  apply(layer.epilogue({}, false), sums.data_ptr<float>(), rows, Number::f32, found.data_ptr());
  EXPECT_TRUE(at::allclose(found, expected(), 1e-4, 1e-4));

  for (Number const number : {Number::u8, Number::s8}) {
    InputCode const code{number == Number::s8, 3.5F, 127};
    auto codes = at::empty({sums.numel()}, number == Number::s8 ? at::kChar : at::kByte);
    apply(layer.epilogue(code, false), sums.data_ptr<float>(), rows, number, codes.data_ptr());
    auto const wanted = expected().clamp(code.is_signed ? -3.5 : 0.0, 3.5).div(code.step());
    EXPECT_LE((codes.to(at::kFloat) - wanted).abs().max().item<double>(), 0.501);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryActivation, testing::ValuesIn(space::activation_kinds),
                         [](auto const& kind) { return std::string(kind.param.name); });

}  // namespace
