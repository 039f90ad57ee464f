#include "train/accuracy_predictor.hpp"

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "common/checkpoint/state_dict.hpp"
#include "common/core/error.hpp"
#include "common/core/random.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"
#include "train/predictor_model.hpp"

using namespace apq;
using namespace apq::train;

namespace {

space::SearchSpace quickstart_space() { return space::load_space(test::source_dir() / "configs" / "spaces" / "fashion_mnist.yaml"); }

std::vector<space::Genes> draw(space::SearchSpace const& space, std::size_t n, bool quantised) {
  std::vector<space::Genes> genes;
  for (std::size_t i = 0; i < n; ++i) {
    RandomStream random(1, "test.genes", i);
    genes.push_back(space::random_genes(space, random, quantised));
  }
  return genes;
}

/// The formula of APQ spec A8 in float64, as an oracle.
double reference(AccuracyPredictor const& predictor, space::Genes const& genes) {
  auto const& model = predictor.model();
  auto x = at::zeros({model.encoding.full_size()}, at::kDouble);
  for (int const one : model.encoding.ones(genes)) x[one] = 1;
  auto const w = [&](char const* name) { return model.weights.at(name).to(at::kDouble); };
  auto const half = model.encoding.architecture_size();
  auto h = (w("layers.0.0.weight").mv(x.slice(0, 0, half)) + w("layers.0.0.bias")).relu();
  if (model.quantised) h = h + w("quantize_fc.weight").mv(x.slice(0, half)) + w("quantize_fc.bias");
  h = (w("layers.1.0.weight").mv(h) + w("layers.1.0.bias")).relu();
  h = (w("layers.2.0.weight").mv(h) + w("layers.2.0.bias")).relu();
  return (w("regressor.weight").mv(h) + w("regressor.bias")).item<double>();
}

TEST(AccuracyPredictor, FollowsTheFormula) {
  auto const space = quickstart_space();
  for (bool const quantised : {false, true})
    for (int const hidden : {400, 37}) {
      AccuracyPredictor const predictor(space::Encoding(space), quantised, 5, hidden);
      EXPECT_EQ(predictor.is_quantised(), quantised);
      auto const genes = draw(space, 20, quantised);
      auto const predicted = predictor.predict(genes);
      ASSERT_EQ(predicted.size(), genes.size());
      for (std::size_t i = 0; i < genes.size(); ++i) EXPECT_NEAR(predicted[i], reference(predictor, genes[i]), 1e-6);
    }
}

// A population is split over ranks: neighbours must not change a prediction, not even in the last bit; at widths whose columns go
// through tiles of one, two and three vectors.
TEST(AccuracyPredictor, PredictionDoesNotDependOnTheBatch) {
  auto const space = quickstart_space();
  auto const genes = draw(space, 45, true);
  for (int const hidden : {8, 16, 32, 48, 400}) {
    AccuracyPredictor const predictor(space::Encoding(space), true, 5, hidden);
    auto const together = predictor.predict(genes);
    for (std::size_t first = 0; first < genes.size(); first += 7)
      for (std::size_t size : {1, 2, 3, 8, 9, 20}) {
        auto const part = std::span(genes).subspan(first, std::min(size, genes.size() - first));
        auto const alone = predictor.predict(part);
        for (std::size_t i = 0; i < part.size(); ++i) EXPECT_EQ(alone[i], together[first + i]) << hidden << " units";
      }
    EXPECT_TRUE(predictor.predict({}).empty());
  }
}

TEST(AccuracyPredictor, SavesAndLoads) {
  auto const space = quickstart_space();
  space::Encoding const encoding(space);
  test::TempDir const dir;
  for (bool const quantised : {false, true}) {
    AccuracyPredictor const predictor(encoding, quantised, 5, 50);
    predictor.save(dir / "p.pt");
    auto const again = AccuracyPredictor::load(dir / "p.pt", encoding);
    EXPECT_EQ(again.is_quantised(), quantised);
    auto const genes = draw(space, 5, quantised);
    EXPECT_EQ(again.predict(genes), predictor.predict(genes));
  }
}

TEST(AccuracyPredictor, SeedDecidesTheWeights) {
  auto const space = quickstart_space();
  space::Encoding const encoding(space);
  auto const genes = draw(space, 5, false);
  EXPECT_EQ(AccuracyPredictor(encoding, false, 5).predict(genes), AccuracyPredictor(encoding, false, 5).predict(genes));
  EXPECT_NE(AccuracyPredictor(encoding, false, 5).predict(genes), AccuracyPredictor(encoding, false, 6).predict(genes));
}

TEST(AccuracyPredictor, RefusesFilesThatDoNotFit) {
  auto const space = quickstart_space();
  space::Encoding const encoding(space);
  test::TempDir const dir;
  auto const weights = AccuracyPredictor(encoding, true, 5, 50).model().weights;
  auto failure = [&](checkpoint::StateDict const& dict) {
    checkpoint::save_state_dict(dir / "p.pt", dict);
    try {
      AccuracyPredictor::load(dir / "p.pt", encoding);
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), Errc::data);
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(failure(weights), "");
  auto changed = weights;
  changed.erase("regressor.bias");
  changed["surplus"] = at::zeros({1});
  changed["quantize_fc.weight"] = at::zeros({50, 3});
  auto const message = failure(changed);
  EXPECT_NE(message.find("1 missing: regressor.bias"), std::string::npos) << message;
  EXPECT_NE(message.find("1 unexpected: surplus"), std::string::npos) << message;
  EXPECT_NE(message.find("1 mis-shaped: quantize_fc.weight"), std::string::npos) << message;
  EXPECT_NE(failure({}).find("8 missing"), std::string::npos);
  changed = weights;
  changed["regressor.bias"] = at::full({1}, std::numeric_limits<float>::infinity());
  EXPECT_NE(failure(changed).find("not finite"), std::string::npos);
}

TEST(AccuracyPredictor, RefusesGenesOfTheOtherKind) {
  auto const space = quickstart_space();
  space::Encoding const encoding(space);
  EXPECT_THROW(AccuracyPredictor(encoding, true, 1, 8).predict(draw(space, 1, false)), Error);
  EXPECT_THROW(AccuracyPredictor(encoding, false, 1, 8).predict(draw(space, 1, true)), Error);
}

}  // namespace
