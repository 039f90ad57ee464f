// What is no number inside a network must not pass for a label: with both engines, wherever it arises.
#include <cmath>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/engine/calibration.hpp"
#include "common/engine/evaluate.hpp"
#include "common/net/kl_threshold.hpp"
#include "common/net/parameter_names.hpp"
#include "support/error_of.hpp"
#include "support/lively_network.hpp"
#include "support/mobilenet_v3_space.hpp"
#include "support/shared_data.hpp"
#ifdef APQ_HAS_ONEDNN
#include "common/engine/onednn/onednn_engine.hpp"
#endif

namespace {

using namespace apq;

constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();

/// Logits from a list.
class Given : public engine::CompiledNet {
 public:
  explicit Given(std::vector<at::Tensor> logits) : logits_(std::move(logits)) {}
  at::Tensor logits(at::Tensor const&) override { return logits_.at(next_++); }

 private:
  std::vector<at::Tensor> logits_;
  std::size_t next_ = 0;
};

engine::LabelledBatches batches_of(int count, int size) {
  return {std::vector(static_cast<std::size_t>(count), at::zeros({size, 1, 1, 1})),
          std::vector(static_cast<std::size_t>(count), at::zeros({size}, at::kLong))};
}

TEST(Evaluate, ALogitThatIsNotFiniteIsNamed) {
  for (float const value : {nan, infinity, -infinity})
    for (auto const type : {at::kFloat, at::kDouble}) {
      auto second = at::rand({4, 6}).to(type);
      second[2][5].fill_(value);
      Given net({at::rand({4, 6}).to(type), second});
      auto const shown = value != value ? "nan" : value > 0 ? "inf" : "-inf";
      test::expect_error(Errc::numeric, std::string("the logit of class 5 on image 6 is ") + shown,
                         [&] { engine::evaluate(net, batches_of(2, 4)); });
    }
}

TEST(Evaluate, ManyOppositeInfinitiesDoNotCancel) {
  auto logits = at::rand({4, 6});
  logits[0][0].fill_(infinity);
  logits[3][5].fill_(-infinity);
  Given net({logits});
  test::expect_error(Errc::numeric, "the logit of class 0 on image 0 is inf", [&] { engine::evaluate(net, batches_of(1, 4)); });
}

TEST(Evaluate, TheLargestFloatsAreLogits) {
  Given net({at::full({100, 1000}, std::numeric_limits<float>::max()), at::full({100, 1000}, std::numeric_limits<float>::lowest())});
  auto const counts = engine::evaluate(net, batches_of(2, 100));
  EXPECT_EQ(counts.correct, 200U) << "all equal: the first class, as argmax says";
  EXPECT_EQ(counts.correct5, 200U);
}

TEST(Evaluate, EqualLogitsCountAsArgmaxOrdersThem) {
  auto logits = at::zeros({1, 6});
  logits[0][2].fill_(1);
  logits[0][4].fill_(1);
  auto const hits = [&](std::int64_t label) {
    Given net({logits});
    auto const counts = engine::evaluate(net, {std::vector{at::zeros({1, 1, 1, 1})}, {at::full({1}, label, at::kLong)}});
    return std::pair(counts.correct, counts.correct5);
  };
  EXPECT_EQ(hits(2), std::pair(1U, 1U));
  EXPECT_EQ(hits(4), std::pair(0U, 1U));
  EXPECT_EQ(hits(3), std::pair(0U, 1U));
  EXPECT_EQ(hits(5), std::pair(0U, 0U));
}

TEST(MagnitudeRange, ANaNStaysTheLargest) {
  for (auto const& parts : {std::vector<std::vector<float>>{{1, nan, 2}, {3}}, {{1}, {-nan}, {5, 6}}, {{infinity}, {nan}, {infinity}}}) {
    net::MagnitudeRange range;
    for (auto const& part : parts) range.add(std::span<float const>(part));
    EXPECT_TRUE(std::isnan(range.high));
  }
  net::MagnitudeRange range;
  std::vector<float> const values{0, -7, 3};
  range.add(std::span<float const>(values));
  EXPECT_EQ(range.high, 7);
  EXPECT_EQ(range.low, 0);
}

space::SearchSpace space_named(std::string const& name) {
  if (name == "mobilenet_v3") return test::mobilenet_v3_space();
  return space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml");
}

struct Executor {
  char const* engine;
  char const* space;
};

class NetworksBeyondFloat32 : public testing::TestWithParam<Executor> {
 protected:
  void SetUp() override {
    if (std::string(GetParam().engine) == "reference") engine_ = engine::make_reference_engine();
#ifdef APQ_HAS_ONEDNN
    else engine_ = engine::make_onednn_engine();
#endif
    for (auto& [name, tensor] : supernet_.weights) tensor = tensor.to(at::kFloat);
  }
  space::Subnet largest(bool quantised) const {
    auto subnet = space::largest_subnet(space_);
    if (quantised) subnet.bits = space::uniform_bits(space_, 8, 8);
    return subnet;
  }
  engine::LabelledBatches images(int count) const {
    return {std::vector{test::images(space_, count).to(at::kFloat)}, {at::zeros({count}, at::kLong)}};
  }
  // Calibrates, if so, and evaluates.
  engine::EvaluationCounts label(net::Supernet const& supernet, bool quantised, bool calibrates) const {
    auto net = net::slice(supernet, largest(quantised));
    if (calibrates) engine::prepare(net, std::vector{test::images(space_, 20).to(at::kFloat)}, {}, *engine_);
    return engine::evaluate(*engine_->compile(net), images(9));
  }
  net::Supernet with(std::string const& key, std::function<void(at::Tensor&)> const& change) const {
    auto supernet = supernet_;
    auto& tensor = supernet.weights.at(key);
    tensor = tensor.clone();
    change(tensor);
    return supernet;
  }

  // Where the reference has a label, its loss says that all logits are numbers.
  template <class Act>
  void expect_refused(std::string const& what, Act const& act) const {
    try {
      engine::EvaluationCounts const counts = act();
      EXPECT_STREQ(GetParam().engine, "reference") << what;
      EXPECT_TRUE(std::isfinite(counts.loss_sum)) << what;
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::numeric) << what << ": " << e.what();
    }
  }

  at::NoGradGuard no_grad_;
  space::SearchSpace space_ = space_named(GetParam().space);
  net::Supernet supernet_ = test::lively_supernet(space_);
  std::unique_ptr<engine::Engine> engine_;
};

TEST_P(NetworksBeyondFloat32, SoundOnesHaveLabels) {
  for (bool const calibrates : {false, true}) EXPECT_EQ(label(supernet_, false, calibrates).total, 9U);
  EXPECT_EQ(label(supernet_, true, true).total, 9U);
}

// Finite weights whose sums are not. LibTorch passes what is no number on, to the logits or, where an infinity meets a ReLU6, as PyTorch
// does; the fused engine could lose it on the way and refuses the network.
TEST_P(NetworksBeyondFloat32, WeightsSoLargeThatSumsOverflowAreRefused) {
  auto const last = space_.num_blocks() - 1;
  for (auto const& key : {std::string("first_conv.conv.weight"), net::parameter_names::project(0) + ".conv.conv.weight",
                          net::parameter_names::project(last) + ".conv.conv.weight", net::parameter_names::expand(1) + ".conv.conv.weight",
                          net::parameter_names::depthwise(1) + ".conv.conv.weight", std::string("feature_mix_layer.conv.weight"),
                          std::string("classifier.linear.weight")}) {
    auto const supernet = with(key, [](at::Tensor& w) { w = at::where(w > 0, 3e38F, -3e38F).to(at::kFloat); });
    for (bool const quantised : {false, true})
      for (bool const calibrates : {false, true})
        if (!quantised || calibrates) expect_refused(key, [&] { return label(supernet, quantised, calibrates); });
  }
}

TEST_P(NetworksBeyondFloat32, NormsSoLargeThatTheirOutputsMeetAsInfinitiesAreRefused) {
  for (auto const& norm : {net::parameter_names::project(0) + ".bn.bn", net::parameter_names::expand(1) + ".bn.bn"})
    for (auto const* part : {".weight", ".bias"}) {
      auto const supernet = with(norm + part, [](at::Tensor& w) {
        w.fill_(3e38F);
        w[1].fill_(-3e38F);
      });
      for (bool const calibrates : {false, true}) expect_refused(norm + part, [&] { return label(supernet, false, calibrates); });
    }
}

TEST_P(NetworksBeyondFloat32, OneInfiniteLogitIsRefusedAlsoWhereTheLossIsFinite) {
  for (float const sign : {-1.0F, 1.0F}) {
    auto const supernet = with("classifier.linear.weight", [&](at::Tensor& w) { w[4].fill_(sign * 3e38F); });
    test::expect_error(Errc::numeric, "", [&] { label(supernet, false, true); });
  }
}

// Not through a file, which is checked: a NaN in any tensor of the network shows, or is named.
TEST_P(NetworksBeyondFloat32, ANaNInAnyLayerIsNoLabel) {
  auto const largest_net = net::slice(supernet_, largest(false));
  auto const num_layers = [&] {
    auto net = largest_net;
    return net::layers_of(net).size();
  }();
  for (std::size_t i = 0; i < num_layers; ++i)
    for (bool const calibrates : {false, true}) {
      auto net = net::slice(supernet_, largest(false));
      auto const layer = net::layers_of(net)[i];
      SCOPED_TRACE(layer.name);
      *layer.weight = layer.weight->clone();
      auto element = *layer.weight;
      while (element.dim() > 0) element = element[element.size(0) / 2];  // a filter's corner might see padding alone
      element.fill_(nan);
      auto const error = test::error_of([&] {
        if (calibrates) engine::prepare(net, std::vector{test::images(space_, 20).to(at::kFloat)}, {}, *engine_);
        engine::evaluate(*engine_->compile(net), images(9));
      });
      if (error) {
        EXPECT_EQ(error->code(), Errc::numeric) << layer.name << ": " << error->what();
      }
    }
}

TEST_P(NetworksBeyondFloat32, ANormWithANegativeVarianceIsNoLabel) {
  auto net = net::slice(supernet_, largest(false));
  for (auto const& layer : net::layers_of(net)) {
    if (layer.norm == nullptr) continue;
    auto const before = layer.norm->running_var.clone();
    layer.norm->running_var[0].fill_(-1);
    test::expect_error(Errc::numeric, "", [&] { engine::evaluate(*engine_->compile(net), images(3)); });
    layer.norm->running_var = before;
  }
}

TEST_P(NetworksBeyondFloat32, CalibrationNamesTheLayer) {
  auto const name = net::parameter_names::expand(1) + ".conv";
  auto const supernet = with(name + ".conv.weight", [](at::Tensor& w) { w = at::where(w > 0, 3e38F, -3e38F).to(at::kFloat); });
  auto net = net::slice(supernet, largest(false));
  std::vector const batches{test::images(space_, 20).to(at::kFloat)};
  test::expect_error(Errc::numeric, name + ": ", [&] { engine::recalibrate_norms(net, batches, false, *engine_); });

  auto quantised = net::slice(supernet_, largest(true));
  auto const layers = net::layers_of(quantised);
  layers[0].norm->bias = at::full_like(layers[0].norm->bias, nan);
  test::expect_error(Errc::numeric, "", [&] { engine::calibrate_ranges(quantised, batches.front(), {}, *engine_); });
}

std::vector<Executor> executors() {
  std::vector<Executor> all;
  for (auto const* space : {"fashion_mnist", "mobilenet_v3"}) {
    all.push_back({"reference", space});
#ifdef APQ_HAS_ONEDNN
    all.push_back({"onednn", space});
#endif
  }
  return all;
}
INSTANTIATE_TEST_SUITE_P(Engines, NetworksBeyondFloat32, testing::ValuesIn(executors()),
                         [](auto const& executor) { return std::string(executor.param.engine) + "_" + executor.param.space; });

}  // namespace
