#include "study/engine_agreement.hpp"

#include <gtest/gtest.h>

#include "evaluate/instruction_agreement.hpp"
#include "support/error_of.hpp"

using namespace apq;

namespace {

TEST(EngineAgreement, OneEngineOnAllRanksPasses) {
  mpi::Communicator const world{MPI_COMM_WORLD};
  evaluate::EvaluatorConfig config;
  config.instructions = evaluate::agree_on_instructions(world, config.instructions);
  study::require_one_engine(world, config);
  config.engine = engine::EngineKind::reference;
  study::require_one_engine(world, config);
}

TEST(EngineAgreement, AnotherEngineOnSomeRankIsRefusedOnAll) {
  mpi::Communicator const world{MPI_COMM_WORLD};
  if (world.size() == 1) GTEST_SKIP() << "one rank agrees with itself";
  bool const is_last = world.rank() == world.size() - 1;
  test::expect_error(Errc::config, "evaluator.engine = auto: is oneDNN 3.7.1 on ",
                     [&] { study::require_one_engine(world, "auto", is_last ? "oneDNN 2.7.4" : "oneDNN 3.7.1"); });
  test::expect_error(Errc::config, ", but oneDNN 2.7.4 on ",
                     [&] { study::require_one_engine(world, "auto", is_last ? "oneDNN 2.7.4" : "oneDNN 3.7.1"); });
}

}  // namespace
