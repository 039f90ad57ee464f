#include "common/core/stop_request.hpp"

#include <csignal>
#include <cstdlib>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/core/error.hpp"

namespace apq {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

/// The process has no deadline outside these tests.
struct Deadline {
  explicit Deadline(seconds from_now, double margin = 0) { set_deadline(steady_clock::now() + from_now, margin); }
  ~Deadline() { set_deadline(std::nullopt); }
};

TEST(StopRequest, NothingAsksAtFirst) {
  EXPECT_FALSE(stop_requested());
  EXPECT_EQ(stop_reason(), "");
  EXPECT_TRUE(can_finish(1e9));
  EXPECT_NO_THROW(throw_if_stopping("search"));
}

TEST(StopRequest, EverySignalIsARequestThatIsRemembered) {
  for (auto const& [signal, name] : {std::pair{SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"}, {SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"}}) {
    StopOnSignals const stop_on_signals;
    EXPECT_FALSE(stop_requested()) << name;
    std::raise(signal);
    EXPECT_TRUE(stop_requested()) << name;
    EXPECT_EQ(stop_reason(), name);
  }
  EXPECT_FALSE(stop_requested());
}

TEST(StopRequest, TheFirstSignalIsTheReasonAndLaterOnesDoNoHarm) {
  StopOnSignals const stop_on_signals;
  for (int signal : {SIGUSR1, SIGTERM, SIGTERM, SIGINT}) std::raise(signal);
  EXPECT_EQ(stop_reason(), "SIGUSR1");
}

TEST(StopRequest, InnerScopesChangeNothing) {
  StopOnSignals const outer;
  std::raise(SIGTERM);
  { StopOnSignals const inner; }
  std::raise(SIGTERM);  // would end the process
  EXPECT_EQ(stop_reason(), "SIGTERM");
}

TEST(StopRequest, HandlersAreThoseBeforeAfterwards) {
  EXPECT_EXIT(
      {
        { StopOnSignals const stop_on_signals; }
        std::raise(SIGTERM);
      },
      testing::KilledBySignal(SIGTERM), "");
}

TEST(StopRequest, ASecondSigintEndsAtOnce) {
  auto const twice = [] {
    StopOnSignals const stop_on_signals;
    std::raise(SIGINT);
    if (!stop_requested()) std::_Exit(1);
    std::raise(SIGINT);
    std::_Exit(0);
  };
  EXPECT_EXIT(twice(), testing::KilledBySignal(SIGINT), "");
}

TEST(StopRequest, ARequestThatIsPassedOnKeepsItsName) {
  auto const asked = [] {
    StopOnSignals const stop_on_signals;
    pass_on_stop(::getpid());
    if (stop_requested()) std::_Exit(1);  // nobody had asked
    std::raise(SIGINT);
    pass_on_stop(::getpid());  // no second SIGINT
    auto const child = ::fork();
    if (child == 0) {
      pass_on_stop(::getppid());
      std::_Exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    std::_Exit(stop_reason() == "SIGINT" ? 75 : 2);
  };
  EXPECT_EXIT(asked(), testing::ExitedWithCode(75), "");
}

TEST(StopRequest, TheErrorSaysHowToGoOn) {
  StopOnSignals const stop_on_signals;
  std::raise(SIGTERM);
  try {
    throw_if_stopping("search");
    FAIL();
  } catch (Error const& e) {
    EXPECT_EQ(e.exit_status(), 75);
    EXPECT_STREQ(e.what(), "search: stopped by SIGTERM; run the same command again to go on");
  }
}

TEST(StopRequest, NothingBeginsThatWouldEndAfterTheDeadline) {
  Deadline const deadline(seconds(100), 40);
  EXPECT_TRUE(can_finish(50));
  EXPECT_FALSE(can_finish(61));
  EXPECT_FALSE(stop_requested());
  EXPECT_NO_THROW(throw_if_stopping("train", 50));
  EXPECT_THROW(throw_if_stopping("train", 61), Error);
}

TEST(StopRequest, TheMarginBeforeTheJobsEndIsARequest) {
  Deadline const deadline(seconds(240), 241);
  EXPECT_TRUE(stop_requested());
  EXPECT_EQ(stop_reason(), "the job's end in 4 min");
  EXPECT_THROW(throw_if_stopping("train"), Error);
}

TEST(StopRequest, APassedEndIsToldAsNoTimeLeft) {
  Deadline const deadline(seconds(-5));
  EXPECT_FALSE(can_finish(0));
  EXPECT_EQ(stop_reason(), "the job's end in 0 s");
}

}  // namespace
}  // namespace apq
