#include "common/engine/engine.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ATen/core/grad_mode.h>

#include "common/core/error.hpp"
#include "common/engine/calibration.hpp"
#include "common/engine/evaluate.hpp"
#include "common/net/reference_forward.hpp"
#include "common/net/supernet_file.hpp"
#include "support/lively_network.hpp"
#include "support/mobilenet_v3_space.hpp"
#include "support/shared_data.hpp"
#ifdef APQ_HAS_ONEDNN
#include "common/engine/onednn/onednn_engine.hpp"
#endif

namespace {

using namespace apq;

space::SearchSpace space_named(std::string const& name) {
  if (name == "mobilenet_v3") return test::mobilenet_v3_space();
  return space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml");
}

/// The fast engine beside the reference, on networks of ReLU6 and on MobileNetV3's: squeeze-excite, other activations, layers behind the
/// pooling.
class FastEngine : public testing::TestWithParam<char const*> {
 protected:
  void SetUp() override {
#ifdef APQ_HAS_ONEDNN
    fast_ = engine::make_onednn_engine();  // also where it may not compute labels: what takes integers is skipped below
#else
    GTEST_SKIP() << "no engine but the reference in this build";
#endif
  }
  space::Subnet random_subnet(std::uint64_t index, bool quantised) const {
    RandomStream random(7, "test.engine", index);
    return space::subnet_of(space_, space::random_genes(space_, random, quantised));
  }
  at::Tensor float_images(int count) const { return test::images(space_, count).to(at::kFloat); }

  at::NoGradGuard no_grad_;
  space::SearchSpace space_ = space_named(GetParam());
  net::Supernet supernet_ = [&] {
    auto supernet = test::lively_supernet(space_);
    for (auto& [name, tensor] : supernet.weights) tensor = tensor.to(at::kFloat);
    return supernet;
  }();
  std::unique_ptr<engine::Engine> reference_ = engine::make_reference_engine(), fast_;
};

TEST_P(FastEngine, FullPrecisionLogitsAreTheReferences) {
  auto const x = float_images(70);
  for (std::uint64_t i = 0; i < 6; ++i) {
    auto const net = net::slice(supernet_, random_subnet(i, false));
    auto const expected = reference_->compile(net)->logits(x), found = fast_->compile(net)->logits(x);
    EXPECT_LE(test::relative_error(found, expected), 1e-4) << "subnet " << i;
  }
}

// Both against float64, which no library's float kernels touch: channel counts that fill no block of 16, 32, 48 or 64.
TEST(Engines, ConvolutionsOfAnyWidthAreRight) {
  at::NoGradGuard const no_grad;
  at::manual_seed(3);
  for (std::int64_t const width : {8, 20, 36, 40, 68, 80, 100, 136, 200, 1000})
    for (std::int64_t const size : {8, 14}) {
      auto const unit = [&](std::int64_t out, std::int64_t in, std::int64_t kernel, bool depthwise) {
        net::ConvUnit u;
        u.weight = at::randn({out, depthwise ? 1 : in, kernel, kernel}).clone(at::MemoryFormat::ChannelsLast);
        u.groups = depthwise ? static_cast<int>(in) : 1;
        u.norm = net::BatchNorm{at::ones({out}), at::zeros({out}), at::zeros({out}), at::ones({out}), 1e-5};
        u.activation.reset();
        return u;
      };
      net::SubnetNet network;
      network.blocks = {{{unit(width, 24, 1, false), unit(width, width, 3, true), unit(24, width, 1, false)}, true},
                        {{unit(width, 24, 1, false)}, false}};
      network.classifier_weight = at::randn({10, width});
      network.classifier_bias = at::randn({10});
      auto exact = network;
      for (auto& block : exact.blocks)
        for (auto& u : block.convs) {
          u.weight = u.weight.to(at::kDouble);
          for (auto* t : {&u.norm->weight, &u.norm->bias, &u.norm->running_mean, &u.norm->running_var}) *t = t->to(at::kDouble);
        }
      exact.classifier_weight = exact.classifier_weight.to(at::kDouble);
      exact.classifier_bias = exact.classifier_bias.to(at::kDouble);
      auto const x = at::randn({70, 24, size, size});
      auto const expected = net::reference_forward(exact, x.to(at::kDouble));
      std::vector<std::shared_ptr<engine::Engine>> engines{engine::make_reference_engine()};
#ifdef APQ_HAS_ONEDNN
      engines.push_back(engine::make_onednn_engine());
#endif
      for (auto const& engine : engines)
        EXPECT_LE(test::relative_error(engine->compile(network)->logits(x), expected), 1e-5)
            << engine->name() << ", " << width << " channels at " << size;
    }
}

INSTANTIATE_TEST_SUITE_P(Networks, FastEngine, testing::Values("fashion_mnist", "mobilenet_v3"),
                         [](auto const& network) { return std::string(network.param); });

TEST_P(FastEngine, TrainedWeightsGiveTheSameLogits) {
  if (std::string(GetParam()) != "fashion_mnist") GTEST_SKIP() << "the shipped supernet is of another space";
  auto const trained = net::load_supernet(space_, test::source_dir() / "data/fashion_mnist_supernet.pt");
  auto const x = float_images(70);
  std::vector<at::Tensor> const batches{x};
  for (std::uint64_t i = 0; i < 4; ++i) {
    auto const subnet = random_subnet(i, false);
    auto expected = net::slice(trained, subnet), found = net::slice(trained, subnet);
    engine::prepare(expected, batches, {}, *reference_);
    engine::prepare(found, batches, {}, *fast_);
    EXPECT_LE(test::relative_error(fast_->compile(found)->logits(x), reference_->compile(expected)->logits(x)), 1e-3) << "subnet " << i;
  }
}

TEST_P(FastEngine, StatisticsAreTheReferences) {
  std::vector<at::Tensor> const batches{float_images(70), float_images(33)};
  for (std::uint64_t i = 0; i < 6; ++i) {
    auto const net = net::slice(supernet_, random_subnet(i, false));
    std::map<std::size_t, std::vector<at::Tensor>> expected;
    reference_->observe_statistics(net, batches, false, [&](std::size_t layer, double, at::Tensor const& mean, at::Tensor const& variance) {
      expected[layer].push_back(mean.to(at::kDouble));
      expected[layer].push_back(variance.to(at::kDouble));
    });
    std::map<std::size_t, std::size_t> seen;
    fast_->observe_statistics(
        net, batches, false, [&](std::size_t layer, double images, at::Tensor const& mean, at::Tensor const& variance) {
          auto& at = seen[layer];
          EXPECT_EQ(images, at == 0 ? 70 : 33);
          EXPECT_LE(((mean - expected[layer].at(at)).abs() / expected[layer].at(at + 1).sqrt()).max().item<double>(), 1e-3) << layer;
          EXPECT_LE(test::relative_error(variance, expected[layer].at(at + 1)), 1e-4) << layer;
          at += 2;
        });
    EXPECT_EQ(seen.size(), expected.size());
    for (auto const& [layer, count] : seen) EXPECT_EQ(count, 4U) << layer;
  }
}

TEST_P(FastEngine, InputsAreTheReferencesChunkByChunk) {
  auto const x = float_images(70);
  auto const net = net::slice(supernet_, random_subnet(1, true));
  std::vector<at::Tensor> expected;
  reference_->observe_inputs(net, x, [&](std::size_t, at::Tensor const& input) { expected.push_back(input.contiguous().clone()); });
  std::vector<std::vector<at::Tensor>> chunks(expected.size());
  fast_->observe_inputs(net, x,
                        [&](std::size_t layer, at::Tensor const& input) { chunks.at(layer).push_back(input.contiguous().clone()); });
  for (std::size_t layer = 0; layer < expected.size(); ++layer) {
    auto const found = at::cat(chunks[layer]);
    ASSERT_EQ(found.sizes(), expected[layer].sizes()) << layer;
    EXPECT_LE(test::relative_error(found, expected[layer]), 1e-4) << layer;
  }
}

TEST_P(FastEngine, AnImagesLogitsDoNotDependOnItsBatch) {
  auto const x = float_images(70);
  for (bool const quantised : {false, true}) {
    auto net = net::slice(supernet_, random_subnet(3, quantised));
    std::vector<at::Tensor> const batches{x};
    engine::prepare(net, batches, {}, *fast_);
    auto const compiled = fast_->compile(net);
    auto const whole = compiled->logits(x);
    EXPECT_TRUE(at::equal(compiled->logits(x.slice(0, 5, 6)), whole.slice(0, 5, 6)));
    EXPECT_TRUE(at::equal(compiled->logits(x.slice(0, 3, 68)), whole.slice(0, 3, 68)));
  }
}

TEST_P(FastEngine, PreparedQuantisedSubnetsAgreeUpToRoundingFlips) {
  if (!engine::has_exact_integers()) GTEST_SKIP() << "no exact 8-bit products on this processor";
  std::vector<at::Tensor> const batches{float_images(64)};
  auto const x = float_images(64);
  for (std::uint64_t i = 0; i < 4; ++i) {
    auto subnet = random_subnet(i, true);
    subnet.bits = space::uniform_bits(space_, 8, 8);
    auto expected = net::slice(supernet_, subnet), found = net::slice(supernet_, subnet);
    engine::Calibration const calibration{.ranges = i % 2 == 0 ? net::RangeRules{} : net::usual_range_rules};
    engine::prepare(expected, batches, calibration, *reference_);
    engine::prepare(found, batches, calibration, *fast_);
    for (std::size_t b = 0; b < expected.blocks.size(); ++b)
      for (std::size_t u = 0; u < expected.blocks[b].convs.size(); ++u) {
        auto const &e = expected.blocks[b].convs[u], &f = found.blocks[b].convs[u];
        EXPECT_NEAR(f.quantisation.activation_range, e.quantisation.activation_range, 1e-3 * e.quantisation.activation_range) << e.name;
        EXPECT_EQ(f.quantisation.weight_ranges, e.quantisation.weight_ranges) << e.name;
        if (!e.norm) continue;  // behind the pooling
        EXPECT_LE(test::relative_error(f.norm->running_var, e.norm->running_var), 0.02) << e.name;
      }
    EXPECT_LE(test::relative_error(fast_->compile(found)->logits(x), reference_->compile(expected)->logits(x)), 0.1) << "subnet " << i;
  }
}

TEST_P(FastEngine, KnownFloatStatisticsChangeNothing) {
  std::vector<at::Tensor> const batches{float_images(32), float_images(20)};
  auto subnet = random_subnet(5, true);
  engine::NormBuffers known;
  for (int const bits : {8, 4, 6}) {
    subnet.bits = space::uniform_bits(space_, bits, bits);
    for (auto& kernel : subnet.kernels) kernel = 3;  // 7 x 7 has no 4-bit activations
    auto alone = net::slice(supernet_, subnet), sharing = net::slice(supernet_, subnet);
    engine::prepare(alone, batches, {}, *fast_);
    engine::prepare(sharing, batches, {}, *fast_, &known);
    EXPECT_TRUE(at::equal(fast_->compile(alone)->logits(batches[0]), fast_->compile(sharing)->logits(batches[0]))) << bits;
  }
  EXPECT_FALSE(known.empty());
}

TEST_P(FastEngine, ChannelsWhoseNormIsZeroGiveTheirShift) {
  auto supernet = supernet_;
  for (auto& [name, tensor] : supernet.weights)
    if (name.ends_with("bn.weight")) tensor = tensor.index_fill(0, at::arange(0, tensor.size(0), 3), 0);
  for (bool const quantised : {false, true}) {
    auto net = net::slice(supernet, random_subnet(2, quantised));
    std::vector<at::Tensor> const batches{float_images(16)};
    engine::prepare(net, batches, {}, *fast_);
    auto const found = fast_->compile(net)->logits(float_images(4));
    EXPECT_TRUE(at::isfinite(found).all().item<bool>());
    if (quantised) continue;
    EXPECT_LE(test::relative_error(found, reference_->compile(net)->logits(float_images(4))), 1e-4);
  }
}

// What the engine for GPUs does to a network before it runs it; in float64, where nothing but an error would show.
TEST(FoldNorms, LeavesTheFunctionAsItIs) {
  at::NoGradGuard const no_grad;
  for (std::string const name : {"fashion_mnist", "mobilenet_v3"}) {
    auto const space = space_named(name);
    auto const supernet = test::lively_supernet(space);
    auto const x = test::images(space, 6);
    for (bool const quantised : {false, true}) {
      RandomStream random(8, "test.fold", quantised);
      auto net = net::slice(supernet, space::subnet_of(space, space::random_genes(space, random, quantised)));
      net::freeze_weights(net);
      auto folded = net;
      net::fold_norms(folded);
      EXPECT_FALSE(folded.blocks[0].convs[0].norm);
      auto const options = net::ForwardOptions{.quantise = quantised};
      EXPECT_LE(test::relative_error(net::reference_forward(folded, x, options), net::reference_forward(net, x, options)), 1e-10)
          << name << quantised;
    }
    auto rounded = supernet;
    for (auto& [parameter, tensor] : rounded.weights) tensor = tensor.to(at::kFloat);
    auto net = net::slice(rounded, space::largest_subnet(space));
    auto const expected = net::reference_forward(net, x.to(at::kFloat));
    net::fold_norms(net);
    EXPECT_LE(test::relative_error(net::reference_forward(net, x.to(at::kFloat)), expected), 1e-4) << name;
  }
}

TEST(Cuda, LogitsAreTheReferences) {
  if (!at::hasCUDA()) GTEST_SKIP() << "no GPU";
  at::NoGradGuard const no_grad;
  auto const space = space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml");
  auto const trained = net::load_supernet(space, test::source_dir() / "data/fashion_mnist_supernet.pt");
  auto const x = test::images(space, 70).to(at::kFloat);
  std::vector<at::Tensor> const batches{x};
  auto const reference = engine::make_reference_engine(), cuda = engine::make_cuda_engine(0);
  auto expected = net::slice(trained, space::largest_subnet(space)), found = expected;
  engine::prepare(expected, batches, {}, *reference);
  engine::prepare(found, batches, {}, *cuda);
  EXPECT_LE(test::relative_error(cuda->compile(found)->logits(x), reference->compile(expected)->logits(x)), 1e-2);
}

TEST(MakeEngine, OneThatIsNotThereIsRefused) {
  EXPECT_NE(engine::make_engine(engine::EngineKind::reference)->name().find("LibTorch"), std::string::npos);
  if (!at::hasCUDA()) {
    EXPECT_THROW(engine::make_engine(engine::EngineKind::cuda), Error);
  }
  if (!engine::has_exact_integers()) {
    EXPECT_THROW(engine::make_engine(engine::EngineKind::onednn), Error);
  }
}

}  // namespace
