#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/space/subnet_json.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"
#include "train/accuracy_predictor.hpp"

using namespace apq;

namespace {

TEST(PredictorGolden, PredictsWhatTheReleaseDoes) {
  APQ_REQUIRE_GOLDEN(golden);
  auto const space = space::load_space(test::source_dir() / "configs" / "spaces" / "apq_imagenet.yaml");
  space::Encoding const encoding(space);
  auto const predictor = train::AccuracyPredictor::load(golden / "predictor_quant.pth", encoding);
  ASSERT_TRUE(predictor.is_quantised());
  auto const cases = nlohmann::json::parse(read_file(golden / "apq_cases.json")).at("cases");
  ASSERT_FALSE(cases.empty());
  std::vector<space::Genes> genes;
  for (auto const& one : cases) genes.push_back(space::genes_of(space, space::subnet_from_json(space, one.at("arch"), "apq_cases.json")));
  test::TempDir const dir;
  predictor.save(dir / "again.pt");
  auto const predicted = predictor.predict(genes);
  for (std::size_t i = 0; i < genes.size(); ++i)
    EXPECT_NEAR(predicted[i], cases[i].at("predicted_accuracy").get<double>(), 1e-5) << "case " << i;
  EXPECT_EQ(train::AccuracyPredictor::load(dir / "again.pt", encoding).predict(genes), predicted);
}

}  // namespace
