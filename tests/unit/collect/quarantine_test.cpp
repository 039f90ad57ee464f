#include "collect/quarantine.hpp"

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;
using Ids = std::vector<std::uint64_t>;

TEST(Quarantine, KeepsWhySampleBySample) {
  test::TempDir const directory;
  auto const quarantine = directory / "quarantine/fp";
  EXPECT_EQ(collect::quarantined_ids(quarantine), Ids{});
  EXPECT_NO_THROW(collect::require_few_quarantined(quarantine, "fp", 0, 60));
  collect::write_quarantined(quarantine, {"fp", 41, "sample 41 of stage fp: the loss is nan", 2, 3, "n1", "abc", {1, 0, 2}});
  collect::write_quarantined(quarantine, {"fp", 7, "sample 7 of stage fp: took 9 s", 2, 0, "n2", "abd", {1, 1, 1}});
  replace_file(quarantine / "note.txt", "not an entry");
  EXPECT_EQ(collect::quarantined_ids(quarantine), (Ids{7, 41}));
  auto const samples = collect::read_quarantine(quarantine);
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[1].id, 41u);
  EXPECT_EQ(samples[1].error, "sample 41 of stage fp: the loss is nan");
  EXPECT_EQ(samples[1].attempts, 2);
  EXPECT_EQ(samples[1].rank, 3);
  EXPECT_EQ(samples[1].host, "n1");
  EXPECT_EQ(samples[1].genes, (space::Genes{1, 0, 2}));

  EXPECT_NO_THROW(collect::require_few_quarantined(quarantine, "fp", 0.01, 101));
  test::expect_error(Errc::data, "2 samples could not be labelled, collect.max_quarantined lets 1 of 100 pass",
                     [&] { collect::require_few_quarantined(quarantine, "fp", 0.01, 100); });
  EXPECT_EQ(collect::release_quarantined(quarantine, {41, 5}), 1u);
  EXPECT_EQ(collect::quarantined_ids(quarantine), Ids{7});
}

TEST(Quarantine, ADamagedEntryIsNamed) {
  test::TempDir const directory;
  replace_file(directory / "3.json", "{");
  test::expect_error(Errc::data, "3.json: is not whole JSON", [&] { collect::read_quarantine(directory.path()); });
}

}  // namespace
