#include "study/stage.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "common/core/error.hpp"

using namespace apq;
using namespace apq::study;

namespace {

std::vector<std::string> names(std::vector<Stage> const& stages) {
  std::vector<std::string> result;
  for (auto const& stage : stages) result.push_back(stage.name);
  return result;
}

bool reads(Stage const& stage, Artefact artefact) {
  return std::find(stage.reads.begin(), stage.reads.end(), artefact) != stage.reads.end();
}

}  // namespace

TEST(Stages, ASupernetThatIsGivenIsNotTrained) {
  std::vector<std::string> const rest{"collect.fp", "collect.quant", "train", "search", "verify", "report"};
  EXPECT_EQ(names(stages_of({{"supernet.weights", "w.pt"}})), rest);
  auto own = rest;
  own.insert(own.begin(), "supernet");
  EXPECT_EQ(names(stages_of({{"supernet.weights", ""}})), own);
  EXPECT_EQ(names(stages_of({})), own);
}

TEST(Stages, AMeasuredSearchReadsImagesAndNoPredictor) {
  auto const predicted = stages_of({{"search.fitness", "predictor"}}), measured = stages_of({{"search.fitness", "measured"}});
  EXPECT_TRUE(reads(stage_named(predicted, "search"), Artefact::quant_predictor));
  EXPECT_FALSE(reads(stage_named(predicted, "search"), Artefact::validation_images));
  EXPECT_FALSE(reads(stage_named(measured, "search"), Artefact::quant_predictor));
  EXPECT_TRUE(reads(stage_named(measured, "search"), Artefact::validation_images));
}

TEST(Stages, WhatAStageReadsOfTheStudyAnEarlierOneWrites) {
  StudyLayout const layout{"/study"};
  std::vector<Artefact> written{Artefact::ledger};  // by all stages
  for (auto const& stage : stages_of({})) {
    for (auto const artefact : stage.reads) {
      auto const path = path_of(artefact, layout, {});
      if (path.empty()) continue;
      EXPECT_NE(std::find(written.begin(), written.end(), artefact), written.end()) << stage.name << " reads " << name_of(artefact);
    }
    written.insert(written.end(), stage.writes.begin(), stage.writes.end());
  }
}

TEST(Stages, AnUnknownNameIsRefusedWithThoseThereAre) {
  auto const stages = stages_of({});
  try {
    stage_named(stages, "serach");
    FAIL() << "taken";
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::config);
    EXPECT_NE(std::string(e.what()).find("search, verify, report"), std::string::npos) << e.what();
  }
}
