// Two nodes of a job, each with meters and a journal of its own, make one run whose figures are exact.
#include <chrono>
#include <cmath>
#include <numeric>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "common/core/atomic_file.hpp"
#include "common/energy/ledger.hpp"
#include "common/energy/node_meter.hpp"
#include "support/temp_dir.hpp"

namespace apq::energy {
namespace {

// A node with a RAPL tree of its own and, where it holds a GPU, NVML's counters of the test's folder.
class Node {
 public:
  Node(std::filesystem::path root, std::string host, std::vector<std::string> gpus)
      : root_(std::move(root)), memory_(NodeAccount::bytes(2)) {
    config_.powercap = root_ / "powercap";
    config_.stat = root_ / "stat";
    config_.nvml = APQ_FAKE_NVML_LIBRARY;
    config_.node_use = NodeUse::exclusive;
    header_.token = "0123abcd";
    header_.host = std::move(host);
    header_.ranks = 2;
    header_.gpus = static_cast<int>(gpus.size());
    header_.pue = 1.5;
    write("powercap/intel-rapl:0/name", "package-0");
    write("powercap/intel-rapl:0/max_energy_range_uj", "1000000000");
    set_package(999'000'000);
    gpus_ = std::move(gpus);
  }
  void write(std::filesystem::path const& file, std::string const& text) const {
    std::filesystem::create_directories((root_ / file).parent_path());
    test::write_quickly(root_ / file, text + "\n");
  }
  void set_package(std::uint64_t uj) const { write("powercap/intel-rapl:0/energy_uj", std::to_string(uj)); }
  void begin() {
    std::vector<std::unique_ptr<Device>> devices;
    for (auto const& kind : source_kinds())
      if (kind.name == "rapl" || (kind.name == "nvml" && !gpus_.empty()))
        for (auto& device : kind.devices(config_, {gpus_})) devices.push_back(std::move(device));
    NodeAccount account(memory_, 2);
    account.begin();
    meter_.emplace(config_, std::move(devices), std::vector<NodeMeter::Process>{{::getpid(), true}, {::getpid(), true}},
                   static_cast<int>(gpus_.size()), account);
    account_.emplace(account);
    journal_.emplace(root_ / ".." / "energy" / (header_.token + "-r" + header_.host + ".jsonl"), header_);
  }
  void look() { meter_->look(); }
  void claim(double Uses::*use, double joules) { account_->add(use, joules); }
  void beat(std::string const& ended) {
    meter_->look();
    auto beat = meter_->take(true, ended);
    beat.run = "collect.fp-1";
    beat.stage = "collect.fp";
    beat.at = "2026-01-01T00:00:00Z";
    beat.method = "rapl";
    journal_->append(beat);
  }

 private:
  std::filesystem::path root_;
  std::vector<std::uint8_t> memory_;
  std::vector<std::string> gpus_;
  EnergyConfig config_;
  JournalHeader header_;
  std::optional<NodeMeter> meter_;
  std::optional<NodeAccount> account_;
  std::optional<JournalWriter> journal_;
};

class TwoNodes : public testing::Test {
 protected:
  TwoNodes() { ::setenv("APQ_FAKE_NVML", (dir / "nvml").c_str(), 1); }
  void set_gpu(std::uint64_t mj) const {
    std::filesystem::create_directories(dir / "nvml");
    test::write_quickly(dir / "nvml/3.energy", std::to_string(mj) + "\n");
  }
  static void expect_sums(NodePart const& node, double joules) {
    auto const all =
        std::accumulate(node.devices.begin(), node.devices.end(), 0.0, [](double sum, auto const& d) { return sum + d.second; });
    EXPECT_NEAR(all, joules, 1e-9);
    EXPECT_NEAR(node.uses.useful + node.uses.repeated + node.uses.lost + node.uses.idle, joules, 1e-9);
  }

  test::TempDir const dir;
  StudyLayout const layout{dir.path()};
};

TEST_F(TwoNodes, AreOneRunOfAJobAndExact) {
  set_gpu(1000);
  Node a(dir / "a", "a", {}), b(dir / "b", "b", {"3"});
  a.begin();
  b.begin();
  std::this_thread::sleep_for(std::chrono::milliseconds(10));  // a wrap at once would be more than a package draws
  a.set_package(500'000);                                      // 1.5 J, over the wrap
  b.set_package(999'250'000);
  set_gpu(8000);
  a.claim(&Uses::useful, 1);
  b.claim(&Uses::lost, 0.125);
  a.beat("");
  b.beat("");
  a.set_package(2'500'000);
  b.set_package(999'750'000);
  set_gpu(9000);
  b.claim(&Uses::repeated, 2);
  a.beat("whole");
  b.beat("whole");
  auto const runs = read_runs(layout);
  ASSERT_EQ(runs.size(), 1u);
  auto const& run = runs[0];
  ASSERT_EQ(run.nodes.size(), 2u);
  expect_sums(run.nodes[0], 1.5 + 2);
  expect_sums(run.nodes[1], 0.75 + 8);
  EXPECT_NEAR(run.nodes[1].devices.at("gpu 3"), 8, 1e-9);
  EXPECT_EQ(run.cost.ranks, 4);
  auto const kwh = (3.5 + 8.75) * 1.5 / 3.6e6;
  EXPECT_NEAR(run.cost.kwh, kwh, 1e-15);
  auto const& u = run.cost.kwh_for;
  EXPECT_NEAR(u.useful, 1 * 1.5 / 3.6e6, 1e-15);
  EXPECT_NEAR(u.lost, 0.125 * 1.5 / 3.6e6, 1e-15);
  EXPECT_NEAR(u.repeated, 2 * 1.5 / 3.6e6, 1e-15);
  EXPECT_NEAR(u.useful + u.repeated + u.lost + u.idle, kwh, 1e-15);
  EXPECT_EQ(run.cost.killed, 0u);
  EXPECT_NEAR(run.cost.gpu_h, run.nodes[1].wall_s / 3600, 1e-12);
}

TEST_F(TwoNodes, OneThatIsLostLosesWhatItHadNotClaimed) {
  set_gpu(0);
  Node a(dir / "a", "a", {}), b(dir / "b", "b", {});
  a.begin();
  b.begin();
  a.set_package(999'500'000);
  b.set_package(999'250'000);
  a.claim(&Uses::useful, 0.375);
  b.claim(&Uses::useful, 0.125);
  a.beat("whole");
  b.beat("");  // and no more
  auto const runs = read_runs(layout);
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].cost.killed, 1u);
  expect_sums(runs[0].nodes[0], 0.5);
  expect_sums(runs[0].nodes[1], 0.25);
  EXPECT_NEAR(runs[0].nodes[0].uses.lost, 0, 1e-12) << "this node's end is known";
  EXPECT_NEAR(runs[0].nodes[1].uses.useful, 0.125, 1e-12);
  EXPECT_NEAR(runs[0].cost.kwh, 0.75 * 1.5 / 3.6e6, 1e-15);
}

TEST_F(TwoNodes, AnUnknownMeterOfOneMakesTheRunUnknownButNotTheOther) {
  Node a(dir / "a", "a", {}), b(dir / "b", "b", {});
  a.begin();
  b.begin();
  a.set_package(999'500'000);
  std::filesystem::remove(dir / "b/powercap/intel-rapl:0/energy_uj");
  a.beat("whole");
  b.beat("whole");
  auto const runs = read_runs(layout);
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_TRUE(std::isnan(runs[0].cost.kwh));
  expect_sums(runs[0].nodes[0], 0.5);
  EXPECT_TRUE(std::isnan(runs[0].nodes[1].devices.at("package-0")));
}

}  // namespace
}  // namespace apq::energy
