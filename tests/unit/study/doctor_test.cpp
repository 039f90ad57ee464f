#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/engine/engine_kind.hpp"
#include "study/doctor_findings.hpp"

namespace apq::study {
namespace {

constexpr double gib = 1024.0 * 1024 * 1024;

TEST(Doctor, SaysWhatAutoIsAndWhy) {
  auto const fast = engine_finding("");
  EXPECT_EQ(fast.status, Status::ok);
  EXPECT_EQ(fast.found.rfind("auto: onednn (", 0), 0u);
  auto const slow = engine_finding("this processor has no exact 8-bit products (AVX-512 VNNI or AVX-VNNI)");
  EXPECT_EQ(slow.status, Status::note);
  EXPECT_EQ(slow.found, "auto: reference (LibTorch): this processor has no exact 8-bit products (AVX-512 VNNI or AVX-VNNI)");
  EXPECT_FALSE(slow.advice.empty());
  auto const here = engine_finding(engine::why_not_onednn());  // what it says is what labels are made with
  auto const name = std::string(engine::engine_kind_names(engine::resolved(engine::EngineKind::automatic)));
  EXPECT_EQ(here.found.rfind("auto: " + name + " (", 0), 0u) << here.found;
}

TEST(Doctor, CoresAreEnoughForRanks) {
  EXPECT_EQ(cores_finding({2, 1, 2}, {2, 1}).status, Status::ok);
  EXPECT_EQ(cores_finding({2, 1, 2}, {2, 1}).found, "2 on this node, 1 for this rank, which runs one thread");
  EXPECT_EQ(cores_finding({3, 1, 3}, {2, 1}).advice, "3 ranks share 2 cores; start at most 2 ranks per node");
}

TEST(Doctor, MemoryIsEnoughForTheRanksOfANode) {
  EXPECT_EQ(memory_finding({2, 1, 2}, {{1.4 * gib, {}}}).status, Status::ok);
  EXPECT_EQ(memory_finding({2, 1, 2}, {{1.39 * gib, {}}}).advice, "2 ranks want about 1.4 GiB; start fewer");
  auto const limited = memory_finding({2, 1, 2}, {{8 * gib, 1 * gib}});
  EXPECT_EQ(limited.status, Status::note);
  EXPECT_EQ(limited.found, "8.0 GiB available, 1.0 GiB allowed to this job");
  EXPECT_EQ(memory_finding({1, 1, 1}, std::nullopt).status, Status::note);
}

TEST(Doctor, FullDiskIsMissing) {
  EXPECT_EQ(disk_finding(0.1 * gib, "/x").status, Status::ok);
  EXPECT_EQ(disk_finding(0.09 * gib, "/x").status, Status::missing);
  EXPECT_EQ(disk_finding(3 * gib, "/x").found, "3.0 GiB in /x");
}

TEST(Doctor, ReportsAsTextAndJson) {
  std::vector<Finding> const findings{{Status::ok, "a", "b"}, {Status::missing, "c", "d", "e"}};
  EXPECT_EQ(findings_table(findings),
            "ok       a                    b\nmissing  c                    d\n                              -> e\n");
  auto const json = nlohmann::json::parse(findings_json(findings));
  EXPECT_EQ(json[1]["status"], "missing");
  EXPECT_EQ(json[0]["advice"], "");
  EXPECT_TRUE(is_anything_missing(findings));
  EXPECT_FALSE(is_anything_missing({findings[0]}));
}

}  // namespace
}  // namespace apq::study
