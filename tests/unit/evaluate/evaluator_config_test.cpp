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
  auto const c = read("{batch: 7, calibration_batch: 9, fidelity: release, engine: cuda, instructions: avx2}");
  EXPECT_EQ(c.batch, 7);
  EXPECT_EQ(c.calibration_batch, 9);
  EXPECT_EQ(c.fidelity, FidelityKind::release);
  EXPECT_EQ(c.engine, EngineKind::cuda);
  EXPECT_EQ(c.instructions, engine::InstructionSet::avx2);
}

TEST(EvaluatorConfig, DefaultsAreThoseOfTheStruct) {
  evaluate::EvaluatorConfig const d;
  auto const c = read("{}");
  EXPECT_EQ(c.batch, d.batch);
  EXPECT_EQ(c.calibration_batch, d.calibration_batch);
  EXPECT_EQ(c.fidelity, d.fidelity);
  EXPECT_EQ(c.engine, d.engine);
  EXPECT_EQ(c.instructions, d.instructions);
}

TEST(EvaluatorConfig, EveryEngineFidelityAndInstructionSetIsReadByItsName) {
  for (auto const& name : engine::engine_kind_names.all())
    EXPECT_EQ(engine::engine_kind_names(read("{engine: " + name + "}").engine), name);
  for (auto const& name : net::fidelity_kind_names.all())
    EXPECT_EQ(net::fidelity_kind_names(read("{fidelity: " + name + "}").fidelity), name);
  for (auto const& name : engine::instruction_set_names.all())
    EXPECT_EQ(engine::instruction_set_names(read("{instructions: " + name + "}").instructions), name);
}

TEST(EvaluatorConfig, RefusesUnknownWordsKeysAndValuesOutOfRange) {
  for (char const* text : {"{batch: 0}", "{calibration_batch: 0}", "{engine: gpu}", "{fidelity: exact}", "{engines: auto}",
                           "{engine: Auto}", "{instructions: AVX2}"}) {
    try {
      read(text);
      ADD_FAILURE() << text;
    } catch (Error const& e) {
      EXPECT_EQ(e.code(), Errc::config);
      EXPECT_NE(std::string(e.what()).find("e.yaml:1"), std::string::npos) << e.what();
    }
  }
}

}  // namespace
