#include "common/h5/shard_header.hpp"

#include <gtest/gtest.h>

namespace {

using namespace apq;

h5::ShardHeader header() {
  h5::ShardHeader h;
  h.stage = "fp";
  h.seed = 17;
  h.space_hash = "space";
  h.identity = {{"supernet", "c0ffee"}, {"evaluator.engine", "reference"}};
  return h;
}

TEST(ShardHeader, DifferenceNamesEveryPartWithBothValues) {
  auto const here = header();
  EXPECT_EQ(h5::difference(here, here), "");
  auto there = here;
  there.identity["evaluator.engine"] = "onednn";
  EXPECT_EQ(h5::difference(there, here), "evaluator.engine: onednn there, reference here");
  there.seed = 4;
  there.identity.erase("supernet");
  EXPECT_EQ(h5::difference(there, here),
            "evaluator.engine: onednn there, reference here; study.seed: 4 there, 17 here; supernet: nothing there, c0ffee here");
}

TEST(ShardHeader, OnlyWhatLabelsDependOnIsIdentity) {
  auto const here = header();
  auto there = here;
  there.engine = there.config = there.code_version = there.libraries = there.host = there.source = there.space_name = "another";
  EXPECT_EQ(h5::difference(there, here), "");
  there = here;
  there.stage = "quant";
  EXPECT_EQ(h5::difference(there, here), "stage: quant there, fp here");
  there = here;
  there.space_hash = "elsewhere";
  EXPECT_EQ(h5::difference(there, here), "space: elsewhere there, space here");
}

TEST(ShardHeader, TheEvaluationHashIsOverTheIdentity) {
  auto const here = header();
  auto other = here;
  EXPECT_EQ(here.evaluation_hash().size(), 64u);
  other.seed = 4;
  EXPECT_EQ(other.evaluation_hash(), here.evaluation_hash());
  other.identity["supernet"] = "decaf";
  EXPECT_NE(other.evaluation_hash(), here.evaluation_hash());
  // Names and values do not run into each other.
  other.identity = {{"ab", "c"}};
  auto const one = other.evaluation_hash();
  other.identity = {{"a", "bc"}};
  EXPECT_NE(other.evaluation_hash(), one);
}

}  // namespace
