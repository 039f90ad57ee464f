#include "common/engine/instructions.hpp"

#include <gtest/gtest.h>

#include "common/engine/engine_kind.hpp"

namespace {

using namespace apq::engine;
using enum InstructionSet;

std::string const avx2_flags = "flags : fpu sse4_1 avx avx2 fma", avx512_flags = avx2_flags + " avx512f avx512dq avx512bw avx512vl",
                  vnni_flags = avx512_flags + " avx512_vnni", alder_lake_flags = avx2_flags + " avx_vnni",
                  sapphire_rapids_flags = vnni_flags + " avx_vnni avx512_bf16 amx_bf16 amx_tile amx_int8";

TEST(Instructions, BestOfAProcessor) {
  EXPECT_EQ(best_of(features_of("flags : fpu", "")), generic);
  EXPECT_EQ(best_of(features_of("flags : sse4_1", "")), sse41);
  EXPECT_EQ(best_of(features_of("sse4_1 avx", "")), avx);
  EXPECT_EQ(best_of(features_of(avx2_flags, "")), avx2);
  EXPECT_EQ(best_of(features_of(avx512_flags, "")), avx512_core);
  EXPECT_EQ(best_of(features_of(alder_lake_flags, "")), avx2_vnni);
  EXPECT_EQ(best_of(features_of(vnni_flags, "")), avx512_core_vnni);
  EXPECT_EQ(best_of(features_of(vnni_flags + " avx512_bf16", "")), avx512_core_vnni);
  EXPECT_EQ(best_of(features_of(sapphire_rapids_flags, "")), avx512_core_amx);
  EXPECT_EQ(best_of(features_of("avx512f avx512bw", "")), generic) << "a part of what a set needs is not the set";
  EXPECT_EQ(best_of(features_of("sse4_1 avx avx2x", "")), avx) << "flags are whole words";
}

TEST(Instructions, ALimitTakesAProcessorForALesserOne) {
  EXPECT_EQ(best_of(features_of(sapphire_rapids_flags, "AVX2")), avx2);
  EXPECT_EQ(best_of(features_of(sapphire_rapids_flags, "avx2_vnni")), avx2_vnni);
  EXPECT_EQ(best_of(features_of(sapphire_rapids_flags, "AVX512_CORE_BF16")), avx512_core_vnni);
  EXPECT_FALSE(has(features_of(sapphire_rapids_flags, "AVX512_CORE_VNNI"), avx2_vnni)) << "one does not hold the other";
  EXPECT_EQ(best_of(features_of(avx2_flags, "AVX512_CORE")), avx2);
  for (char const* limit : {"", "ALL", "default", "auto", "generic", "nonsense"})
    EXPECT_EQ(best_of(features_of(vnni_flags, limit)), avx512_core_vnni) << limit;
}

TEST(Instructions, WhatSeveralHaveIsWhatEachHas) {
  auto const vnni = features_of(vnni_flags, ""), alder_lake = features_of(alder_lake_flags, ""),
             both = features_of(sapphire_rapids_flags, "");
  EXPECT_EQ(best_of(vnni & alder_lake), avx2);
  EXPECT_EQ(best_of(both & alder_lake), avx2_vnni);
  EXPECT_EQ(best_of(both & vnni), avx512_core_vnni);
  EXPECT_TRUE(has(vnni, avx512_core) && has(vnni, avx2) && has(vnni, sse41));
  EXPECT_FALSE(has(vnni, avx2_vnni) || has(vnni, avx512_core_amx) || has(vnni, automatic) || has(vnni, generic));
  EXPECT_TRUE(has(0, generic));
}

// First what oneDNN is told, then what it does: the order is that of a process.
TEST(Instructions, OneDnnUsesWhatItIsTold) {
  auto const features = features_here();
  auto const set = has(features, avx2) ? avx2 : best_of(features);
  use(set);
  EXPECT_EQ(in_use(), set);
  EXPECT_TRUE(set != avx2 || !has_exact_integers());
  use(best_of(features));
  EXPECT_EQ(in_use(), set) << "it listens once";
  EXPECT_EQ(resolved(EngineKind::automatic), why_not_onednn().empty() ? EngineKind::onednn : EngineKind::reference);
}

}  // namespace
