#include "launch/script.hpp"

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "launch/openmpi_settings.hpp"
#include "support/shared_data.hpp"

namespace {

using namespace apq;
using namespace apq::launch;

LaunchedStudy const study{"mine", "/data/my study", "/home/me", {"--config", "mine.yaml", "--set", "search.seed='4'"}};

// expected/NAME.sh, without the lines that openmpi.env settles.
void expect_script(std::string const& name, SiteProfile const& profile, Job const& job) {
  auto text = script(profile, study, job);
  for (auto const& setting : openmpi_settings()) {
    auto const line = "export " + shell_word(setting) + "\n";
    auto const place = text.find(line);
    ASSERT_NE(place, std::string::npos) << setting << " is missing in " << name;
    text.erase(place, line.size());
  }
  EXPECT_EQ(text, read_file(test::source_dir() / "tests/unit/launch/expected" / (name + ".sh"))) << name;
}

SiteProfile profile_of(std::string const& text) {
  auto config = Config::parse(text, "site.yaml");
  return read_site_profile(config, "/opt/apq");
}

TEST(Script, OfSlurmQueuesAgain) {
  expect_script("slurm",
                profile_of("{scheduler: slurm, partition: long, account: a, qos: q, constraint: 'x&y', memory: per_core, memory_gib: 2, "
                           "ranks_per_node: 4, array_limit: 3, modules: [openmpi/4], commands: ['export A=\"b c\"'], "
                           "launcher_options: [--mpi=pmix], directives: [--exclusive], time_limit: 1501}"),
                {.name = "collect", .until = "collect.quant", .array_size = 8});
}

TEST(Script, OfSlurmWithoutRequeueEndsForTheNextAttempt) {
  expect_script("slurm_mpirun", profile_of("{scheduler: slurm, launcher: mpirun, ranks_per_node: 4, requeue: false}"),
                {.name = "results", .nodes = 2});
}

TEST(Script, OfPbsKnowsItsTimeLimit) {
  expect_script("pbs",
                profile_of("{scheduler: pbs, partition: workq, account: a, constraint: 'model=x', memory: per_core, memory_gib: 2, "
                           "ranks_per_node: 4, array_limit: 3, time_limit: 60, stop_margin: 100}"),
                {.name = "collect", .until = "collect.quant", .array_size = 8});
}

TEST(Script, OfHostsRunsMpirun) {
  expect_script("hosts", profile_of("{scheduler: ssh, hosts_file: /etc/hosts.mpi, ranks_per_node: 4}"), {.name = "run"});
}

TEST(Script, WordsOfTheShellAreQuotedWhereTheyMust) {
  EXPECT_EQ(shell_word("a-b_c=/x.y"), "a-b_c=/x.y");
  EXPECT_EQ(shell_word("it's $HOME"), "'it'\\''s $HOME'");
  EXPECT_EQ(shell_word("^ucx"), "'^ucx'");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(Script, TimesAreHoursMinutesSeconds) {
  EXPECT_EQ(clock_text(61), "01:01:00");
  EXPECT_EQ(clock_text(6000), "100:00:00");
}

TEST(OpenMpiSettings, AreAssignmentsWithoutComments) {
  EXPECT_GE(openmpi_settings().size(), 3u);
  std::vector<std::string> of_4, of_5;  // launchers of either have settings of their own
  for (auto const& setting : openmpi_settings()) {
    EXPECT_NE(setting.find('='), std::string::npos) << setting;
    auto& known = setting.starts_with("PRTE_MCA_") ? of_5 : of_4;
    EXPECT_TRUE(setting.starts_with(&known == &of_5 ? "PRTE_MCA_" : "OMPI_MCA_")) << setting;
    if (setting.find("keepalive") != std::string::npos) known.push_back(setting.substr(setting.find("oob")));
  }
  EXPECT_EQ(of_4.size(), 3u);
  EXPECT_EQ(of_4, of_5);
}

}  // namespace
