#include "common/job/claim.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/core/error.hpp"
#include "common/core/random_token.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

namespace apq::job {
namespace {
namespace fs = std::filesystem;

Claimant claimant(std::string const& job) { return {.job = job, .host = "n1", .id = random_token()}; }
bool nobody_is_gone(HeldBy const&) { return false; }
bool everybody_is_gone(HeldBy const&) { return true; }
std::uint64_t generation_of(Claim const& claim) { return std::get<Claimed>(claim).generation; }

// Forks `count` processes that begin `race` together; the exit status of each.
template <class Race>
std::vector<int> raced(int count, Race race) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    pid_t const child = ::fork();
    if (child == 0) {
      ::close(ends[1]);
      char byte = 0;
      if (::read(ends[0], &byte, 1) != 0) ::_exit(99);  // until every writer has closed
      ::_exit(race(i));
    }
    children.push_back(child);
  }
  ::close(ends[0]);
  ::close(ends[1]);
  std::vector<int> statuses;
  for (auto const child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    statuses.push_back(WIFEXITED(status) ? WEXITSTATUS(status) : 100);
  }
  return statuses;
}

TEST(Claim, OfManyProcessesExactlyOneWinsEachPiece) {
  test::TempDir const dir;
  constexpr int racers = 16, pieces = 20;
  auto const wins_of = [&](int piece) { return dir / ("wins." + std::to_string(piece)); };
  auto const statuses = raced(racers, [&](int i) {
    auto const me = claimant("job" + std::to_string(i));
    for (int piece = 0; piece < pieces; ++piece) {
      auto const claim = try_claim(dir.path() / "claims" / "fp" / std::to_string(piece), 0, me);
      if (std::holds_alternative<Claimed>(claim)) test::write_quickly(wins_of(piece).string() + "." + std::to_string(i), "");
    }
    return 0;
  });
  EXPECT_EQ(statuses, std::vector<int>(racers, 0));
  for (int piece = 0; piece < pieces; ++piece) {
    int winners = 0;
    for (int i = 0; i < racers; ++i) winners += fs::exists(wins_of(piece).string() + "." + std::to_string(i)) ? 1 : 0;
    EXPECT_EQ(winners, 1) << "piece " << piece;
  }
}

TEST(Claim, OfManyThatFindItsHolderGoneOneWinsTheNextGeneration) {
  test::TempDir const dir;
  auto const stem = dir / "train";
  ASSERT_EQ(generation_of(try_claim(stem, 0, claimant("dead"))), 0U);
  auto const statuses = raced(16, [&](int i) {
    auto const claim = claim_next(stem, claimant("job" + std::to_string(i)), [](HeldBy const& h) { return h.job == "dead"; });
    if (auto const* const held = std::get_if<HeldBy>(&claim)) return held->generation == 1 ? 0 : 2;
    return generation_of(claim) == 1 ? 1 : 3;
  });
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), 1), 1);
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), 0), 15);
}

TEST(Claim, SaysWhoHoldsIt) {
  test::TempDir const dir;
  try_claim(dir / "7", 0, claimant("a"));
  auto const held = std::get<HeldBy>(try_claim(dir / "7", 0, claimant("b")));
  EXPECT_EQ(held.job, "a");
  EXPECT_EQ(held.host, "n1");
  EXPECT_EQ(held.generation, 0U);
  EXPECT_FALSE(held.is_released);
  EXPECT_EQ(held.file, dir / "7.0");
}

TEST(Claim, OnesOwnFileFoundAgainIsSuccess) {
  // What NFS makes of a creation whose answer was lost: it is sent again and finds its own file.
  test::TempDir const dir;
  auto const me = claimant("a");
  ASSERT_EQ(generation_of(try_claim(dir / "7", 0, me)), 0U);
  EXPECT_EQ(generation_of(try_claim(dir / "7", 0, me)), 0U);
  auto other_node = me;  // of the same job
  other_node.id = random_token();
  EXPECT_TRUE(std::holds_alternative<HeldBy>(try_claim(dir / "7", 0, other_node)));
}

TEST(Claim, OneWithoutContentIsHeldBySomebodyUnknown) {
  test::TempDir const dir;
  for (char const* text : {"", "{\"format\": \"apq cl", "nonsense"}) {
    test::write_quickly(dir / "7.0", text);
    auto const held = std::get<HeldBy>(try_claim(dir / "7", 0, claimant("a")));
    EXPECT_TRUE(held.job.empty());
    EXPECT_FALSE(held.is_released);
  }
}

TEST(Claim, NextGenerationFollowsTheLastOneThatIsThere) {
  test::TempDir const dir;
  auto const a = claimant("a"), b = claimant("b");
  EXPECT_EQ(generation_of(claim_next(dir / "train", a, nobody_is_gone)), 0U);
  EXPECT_EQ(std::get<HeldBy>(claim_next(dir / "train", b, nobody_is_gone)).job, "a");
  EXPECT_EQ(generation_of(claim_next(dir / "train", b, everybody_is_gone)), 1U);
  // Whoever lost the claim is told so by the generation that followed.
  EXPECT_EQ(std::get<HeldBy>(claim_next(dir / "train", a, nobody_is_gone)).job, "b");
  fs::remove(dir / "train.0");
  EXPECT_EQ(std::get<HeldBy>(claim_next(dir / "train", a, nobody_is_gone)).generation, 1U);
  // Names that only begin alike are other pieces.
  test::write_quickly(dir / "train.7x", "");
  test::write_quickly(dir / "train.again.9", "");
  EXPECT_EQ(std::get<HeldBy>(claim_next(dir / "train", a, nobody_is_gone)).generation, 1U);
}

TEST(Claim, ReleasedOnesAreFreeAtTheNextGenerationAndNeverAgainAtTheirs) {
  test::TempDir const dir;
  auto const a = claimant("a"), b = claimant("b");
  auto const first = generation_of(claim_next(dir / "train", a, nobody_is_gone));
  release(dir / "train", first, a);
  EXPECT_TRUE(std::get<HeldBy>(try_claim(dir / "train", first, a)).is_released);
  EXPECT_EQ(generation_of(claim_next(dir / "train", b, nobody_is_gone)), 1U);
  release(dir / "train", 1, b);
  EXPECT_EQ(generation_of(claim_next(dir / "train", a, nobody_is_gone)), 2U);
}

TEST(Claim, WhereNothingCanBeWrittenItSaysSo) {
  test::TempDir const dir;
  test::write_quickly(dir / "claims", "a file where a directory should be");
  test::expect_error(Errc::io, "claims", [&] { try_claim(dir / "claims" / "7", 0, claimant("a")); });
}

TEST(Claim, OfAPieceThatIsClaimedAgainAndAgainTheLastFilesStay) {
  test::TempDir const dir;
  auto const stem = dir / "ledger";
  auto const me = claimant("a"), other = claimant("b");
  std::uint64_t last = 0;
  for (int i = 0; i < 50; ++i) {
    last = generation_of(claim_next(stem, me, nobody_is_gone));
    EXPECT_EQ(last, static_cast<std::uint64_t>(i));
    release(stem, last, me);
  }
  EXPECT_FALSE(fs::exists(stem.string() + ".0"));
  EXPECT_LT(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()), 35);
  EXPECT_EQ(generation_of(claim_next(stem, other, nobody_is_gone)), last + 1);
  EXPECT_TRUE(holds(stem, other));
}

}  // namespace
}  // namespace apq::job
