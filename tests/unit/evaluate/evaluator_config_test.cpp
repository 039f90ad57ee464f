#include "evaluate/evaluator_config.hpp"

#include <gtest/gtest.h>

#include "common/core/error.hpp"

namespace {

using namespace apq;
using engine::EngineKind;
using net::FidelityKind;

evaluate::EvaluatorConfig read(std::string const& text) {
  auto const config = Config::parse(text, "e.yaml");
  auto const result = evaluate::read_evaluator_config(config);
  config.finish();
  return result;
}

TEST(EvaluatorConfig, ReadsEveryKey) {
  auto const c = read("{batch: 7, calibration_batch: 9, fidelity: release, engine: cuda}");
  EXPECT_EQ(c.batch, 7);
  EXPECT_EQ(c.calibration_batch, 9);
  EXPECT_EQ(c.fidelity, FidelityKind::release);
  EXPECT_EQ(c.engine, EngineKind::cuda);
}

TEST(EvaluatorConfig, DefaultsAreThoseOfTheStruct) {
  evaluate::EvaluatorConfig const d;
  EXPECT_EQ(read("{}").text(), d.text());
  EXPECT_EQ(read("{}").engine, EngineKind::automatic);
}

TEST(EvaluatorConfig, EveryEngineAndFidelityIsReadByItsName) {
  for (auto const& name : engine::engine_kind_names.all())
    EXPECT_EQ(engine::engine_kind_names(read("{engine: " + name + "}").engine), name);
  for (auto const& name : net::fidelity_kind_names.all())
    EXPECT_EQ(net::fidelity_kind_names(read("{fidelity: " + name + "}").fidelity), name);
}

TEST(EvaluatorConfig, RefusesUnknownWordsKeysAndValuesOutOfRange) {
  for (char const* text :
       {"{batch: 0}", "{calibration_batch: 0}", "{engine: gpu}", "{fidelity: exact}", "{engines: auto}", "{engine: Auto}"}) {
    try {
      read(text);
      ADD_FAILURE() << text;
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::config);
      EXPECT_NE(std::string(e.what()).find("e.yaml:1"), std::string::npos) << e.what();
    }
  }
}

// Stored labels carry a hash over this text: it must not change.
TEST(EvaluatorConfig, TextIsWhatLabelsWereHashedWith) {
  EXPECT_EQ(read("{engine: reference}").text(), "batch 100 calibration batch 250 fidelity corrected engine reference");
  EXPECT_EQ(read("{batch: 3, calibration_batch: 4, fidelity: release, engine: onednn}").text(),
            "batch 3 calibration batch 4 fidelity release engine onednn");
}

TEST(EvaluatorConfig, TextNamesTheEngineThatAutoIsHere) {
  auto const kind = engine::resolved(EngineKind::automatic);
  EXPECT_EQ(kind, engine::why_not_onednn().empty() ? EngineKind::onednn : EngineKind::reference);
  auto c = read("{engine: auto}");
  auto const text = c.text();
  c.engine = kind;
  EXPECT_EQ(c.text(), text);
}

TEST(EvaluatorConfig, TextDoesNotKnowTheRank) {
  evaluate::EvaluatorConfig c;
  auto const text = c.text();
  c.node_rank = 3;
  EXPECT_EQ(c.text(), text);
}

}  // namespace
