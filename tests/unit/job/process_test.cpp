#include "common/job/process.hpp"

#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/core/random_token.hpp"

namespace apq::job {
namespace {

// A child that waits to be killed.
pid_t sleeping_child() {
  pid_t const child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  return child;
}

// What a child says of itself.
Process process_of_child(pid_t& child) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  child = ::fork();
  if (child == 0) {
    auto const start = this_process().start;
    if (::write(ends[1], &start, sizeof start) != sizeof start) ::_exit(1);
    for (;;) ::pause();
  }
  auto process = this_process();
  process.pid = child;
  EXPECT_EQ(::read(ends[0], &process.start, sizeof process.start), static_cast<ssize_t>(sizeof process.start));
  ::close(ends[0]);
  ::close(ends[1]);
  return process;
}

TEST(Process, CallerHasNotEnded) {
  auto const me = this_process();
  EXPECT_EQ(me.pid, ::getpid());
  EXPECT_FALSE(me.table.empty());
  EXPECT_GT(me.start, 0U);
  EXPECT_FALSE(has_ended(me));
}

TEST(Process, OneThatWasKilledHasEndedEvenWhileItsParentDoesNotCollectIt) {
  pid_t child = 0;
  auto const process = process_of_child(child);
  EXPECT_FALSE(has_ended(process));
  ::kill(child, SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);  // leaves it a zombie
  EXPECT_TRUE(has_ended(process));
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(has_ended(process));
}

TEST(Process, OneThatIsStoppedHasNotEnded) {
  pid_t child = 0;
  auto const process = process_of_child(child);
  ::kill(child, SIGSTOP);
  ASSERT_EQ(::waitpid(child, nullptr, WUNTRACED), child);
  EXPECT_FALSE(has_ended(process));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(Process, AnotherOneUnderItsNumberIsNotTaken) {
  pid_t const child = sleeping_child();
  auto process = this_process();
  process.pid = child;
  process.start += 1'000'000'000;  // of a process that had this number at another time
  EXPECT_TRUE(has_ended(process));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(Process, OfAnotherMachineNothingIsKnown) {
  Process const elsewhere{.host = "n7", .table = "another boot pid:[1]", .pid = 1'999'999'999, .start = 1};
  EXPECT_FALSE(has_ended(elsewhere));
  Process const unknown{.host = this_process().host, .table = {}, .pid = 1'999'999'999, .start = 1};
  EXPECT_FALSE(has_ended(unknown));
}

TEST(RandomToken, Is128BitsThatDiffer) {
  auto const a = random_token();
  EXPECT_EQ(a.size(), 32U);
  EXPECT_EQ(a.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(a, random_token());
}

}  // namespace
}  // namespace apq::job
