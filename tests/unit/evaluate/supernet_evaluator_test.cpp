#include "evaluate/supernet_evaluator.hpp"

#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/engine/calibration.hpp"
#include "common/engine/image_batch.hpp"
#include "common/net/reference_forward.hpp"
#include "common/net/supernet_file.hpp"
#include "common/space/subnet.hpp"
#include "evaluate/checked_label.hpp"
#include "support/error_of.hpp"
#include "support/image_split.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;

constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
constexpr char const* matrix = "classifier.linear.weight";
constexpr char const* bias = "classifier.linear.bias";

// The shipped supernet with changed weights: what "top-1" says where scores do not tell classes apart, or are no numbers.
class ChangedWeights : public testing::Test {
 protected:
  void change(std::function<void(checkpoint::StateDict&)> const& act) {
    auto dict = checkpoint::load_state_dict(test::source_dir() / "data/fashion_mnist_supernet.pt");
    act(dict);
    checkpoint::save_state_dict(file_, dict);
  }
  evaluate::SupernetEvaluator evaluator(evaluate::StoppingRule const& rule = {}) const {
    return {space_, file_, calibration_, evaluation_, data_, {.batch = 32, .engine = engine::EngineKind::reference}, rule};
  }
  // By argmax over the logits of the reference.
  std::uint32_t hits_by_argmax() const {
    auto net = net::slice(net::load_supernet(space_, file_), space::largest_subnet(space_));
    auto const calibration = engine::make_batches(calibration_, 250, data_.normalisation);
    engine::prepare(net, calibration.images, {}, *engine::make_reference_engine());
    auto const logits = net::reference_forward(net, engine::normalised_batch(evaluation_, 0, evaluation_.size(), data_.normalisation));
    auto const labels = engine::label_batch(evaluation_, 0, evaluation_.size());
    return static_cast<std::uint32_t>((logits.argmax(1) == labels).sum().item<std::int64_t>());
  }
  evaluate::Label label() const {
    auto e = evaluator();
    return evaluate::checked_label(e, space_, space::largest_subnet(space_), 0, "subnet 0");
  }

  at::NoGradGuard no_grad_;
  test::TempDir const dir_;
  std::filesystem::path file_ = dir_ / "w.pt";
  space::SearchSpace space_ = space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml");
  image::DataConfig data_;
  image::Split calibration_ = test::random_split("calibration", 40, 1, space_.image_size, 10, 1),
               evaluation_ = test::random_split("validation", 75, 1, space_.image_size, 10, 2);
};

TEST_F(ChangedWeights, EqualScoresAreTheFirstClassAsArgmaxHasIt) {
  std::uint32_t const of_first_class = 8;  // 75 labels in turn over ten classes
  change([](auto& d) {
    d.at(matrix).zero_();
    d.at(bias).zero_();
  });
  EXPECT_EQ(label().correct, of_first_class);
  EXPECT_EQ(hits_by_argmax(), of_first_class);
  EXPECT_NEAR(label().loss, std::log(10.0), 1e-6);

  change([](auto& d) {  // features that are all zero
    d.at("feature_mix_layer.bn.weight").zero_();
    d.at("feature_mix_layer.bn.bias").zero_();
    d.at(bias).zero_();
  });
  EXPECT_EQ(label().correct, of_first_class);
}

TEST_F(ChangedWeights, OfTwoEqualClassesTheFirstIsCounted) {
  change([](auto& d) {
    d.at(matrix)[7] = d.at(matrix)[5];
    d.at(bias)[7] = d.at(bias)[5];
  });
  EXPECT_EQ(label().correct, hits_by_argmax());
}

TEST_F(ChangedWeights, WhatIsNoNumberIsRefusedByKeyAndFile) {
  auto const refused = [&](std::string const& text, std::function<void(checkpoint::StateDict&)> const& act) {
    change(act);
    test::expect_error(Errc::data, file_.string() + ": " + text, [&] { evaluator(); });
    test::expect_error(Errc::data, file_.string() + ": " + text, [&] { evaluate::supernet_hash(space_, file_); });
  };
  refused("classifier.linear.weight holds nan at [0, 0] (w", [](auto& d) { d.at(matrix)[0][0] = nan; });
  refused("classifier.linear.weight holds nan at [0, 0] (and 1279 more values)", [](auto& d) { d.at(matrix).fill_(nan); });
  refused("classifier.linear.bias holds nan at [3]", [](auto& d) { d.at(bias)[3] = nan; });
  refused("classifier.linear.bias holds -inf at [3]", [](auto& d) { d.at(bias)[3] = -infinity; });
  refused("classifier.linear.bias holds inf at [3]", [](auto& d) { d.at(bias)[3] = infinity; });
  refused("feature_mix_layer.bn.running_var holds -1 at [2]", [](auto& d) { d.at("feature_mix_layer.bn.running_var")[2] = -1; });
}

TEST_F(ChangedWeights, ScoresThatOverflowNameTheSubnet) {
  change([](auto& d) { d.at(matrix)[4].fill_(-3e38F); });  // the loss stays finite: exp of minus infinity is zero
  test::expect_error(Errc::numeric, "subnet 0: the logit of class 4 on image 0 is -inf", [&] { label(); });
  test::expect_error(Errc::numeric, "; genes [", [&] { label(); });
}

TEST_F(ChangedWeights, CalibrationThatOverflowsNamesLayerAndSubnet) {
  change([](auto& d) {
    auto& w = d.at("first_conv.conv.weight");
    w = at::where(w > 0, 3e38F, -3e38F).to(at::kFloat);
  });
  test::expect_error(Errc::numeric, "subnet 0: first_conv.conv: its outputs on the calibration images have no finite mean",
                     [&] { label(); });
}

TEST_F(ChangedWeights, ALabelIsAPureFunctionOfTheSubnet) {
  change([](auto&) {});
  auto e = evaluator();
  auto const largest = space::largest_subnet(space_), smallest = space::smallest_subnet(space_);
  auto quantised = largest;
  quantised.bits = space::uniform_bits(space_, 8, 8);
  auto const first = e.evaluate(largest, 0);
  e.evaluate(smallest, 1);
  auto const after_float = e.evaluate(quantised, 2);
  auto const again = e.evaluate(largest, 9);
  EXPECT_EQ(first.correct, again.correct);
  EXPECT_EQ(first.loss, again.loss);
  EXPECT_EQ(first.total, 75U);
  auto fresh = evaluator();
  EXPECT_EQ(fresh.evaluate(quantised, 0).loss, after_float.loss) << "statistics kept from the same architecture change nothing";
}

TEST_F(ChangedWeights, AStoppingRuleEndsAnEvaluationEarly) {
  change([](auto&) {});
  auto e = evaluator(evaluate::StoppingRule(45, 0.9));
  EXPECT_EQ(e.evaluate(space::largest_subnet(space_), 0).total, 32U) << "one batch is enough for so wide an interval";
}

TEST_F(ChangedWeights, OtherSizesAndMissingCalibrationAreRefused) {
  change([](auto&) {});
  auto e = evaluator();
  auto subnet = space::largest_subnet(space_);
  subnet.image_size = 48;
  test::expect_error(Errc::config, "were not loaded at 48x48 pixels", [&] { e.evaluate(subnet, 0); });
  subnet.image_size = 0;
  subnet.bits = space::uniform_bits(space_, 8, 8);
  calibration_ = {};
  auto without = evaluator();
  test::expect_error(Errc::config, "no calibration images", [&] { without.evaluate(subnet, 0); });
}

}  // namespace
