#include "evaluate/instruction_agreement.hpp"

#include <gtest/gtest.h>

#include "support/error_of.hpp"

namespace {

using namespace apq;
using enum engine::InstructionSet;

std::string const avx2_flags = "sse4_1 avx avx2", vnni_flags = avx2_flags + " avx512f avx512bw avx512vl avx512dq avx512_vnni";

// Made up: no rank's own processor decides what they agree on. oneDNN listens once, so that the first case decides what it uses.
TEST(InstructionAgreement, TakesTheBestThatAllHave) {
  mpi::Communicator const world{MPI_COMM_WORLD};
  bool const is_last = world.rank() == world.size() - 1;
  auto const mine = engine::features_of(is_last ? avx2_flags : vnni_flags, "");
  EXPECT_EQ(evaluate::agree_on_instructions(world, automatic, mine), avx2);
  EXPECT_EQ(evaluate::agree_on_instructions(world, automatic, engine::features_of(vnni_flags, "")), avx512_core_vnni);
  EXPECT_EQ(evaluate::agree_on_instructions(world, sse41, mine), sse41) << "what is asked for stays";
}

TEST(InstructionAgreement, AnotherSetIsRefusedWithRankHostAndWhatItHas) {
  mpi::Communicator const world{MPI_COMM_WORLD};
  if (!engine::has(engine::features_here(), avx2)) GTEST_SKIP() << "this processor has no AVX2";
  evaluate::require_instructions(world, avx2);
  test::expect_error(Errc::config, "evaluator.instructions = avx512_core_amx: rank 0 on ",
                     [&] { evaluate::require_instructions(world, avx512_core_amx); });
}

}  // namespace
