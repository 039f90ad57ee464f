#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include "common/core/command_answer.hpp"
#include "common/core/host_name.hpp"
#include "common/energy/slurm_power.hpp"
#include "common/energy/source.hpp"

namespace apq::energy {
namespace {

constexpr double seconds_between_questions = 10;  // Slurm itself looks every 30 s or less often
constexpr double seconds_without_answer = 60;     // that the last power stands for

// As Slurm calls this node; empty where the process is not in a job of Slurm.
std::string node_name() {
  if (std::getenv("SLURM_JOB_ID") == nullptr) return {};
  char const* const name = std::getenv("SLURMD_NODENAME");
  auto const node = name == nullptr ? host_name().substr(0, host_name().find('.')) : std::string(name);
  auto const is_plain = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; };
  return std::all_of(node.begin(), node.end(), is_plain) ? node : std::string();  // it goes into a command
}

std::optional<double> watts_now() {
  auto const answer = answer_of("scontrol show node " + node_name());
  return answer.status == 0 ? node_watts(answer.text) : std::nullopt;
}

// A whole node with all that is in it: power that Slurm tells now and then, times the time.
class SlurmNode : public Device {
 public:
  SlurmNode() : watts_(watts_now()) {}
  std::string name() const override { return "node"; }
  double joules(Elapsed const& elapsed) override {
    joules_ += watts_ ? *watts_ * (elapsed.wall_s - last_s_) : std::numeric_limits<double>::quiet_NaN();
    last_s_ = elapsed.wall_s;
    if (elapsed.wall_s - asked_s_ < seconds_between_questions) return joules_;
    asked_s_ = elapsed.wall_s;
    if (auto const watts = watts_now()) {
      watts_ = watts;
      answered_s_ = elapsed.wall_s;
    } else if (elapsed.wall_s - answered_s_ > seconds_without_answer) {
      watts_.reset();
    }
    return joules_;
  }
  bool is_of_the_node() const override { return true; }

 private:
  std::optional<double> watts_;
  double joules_ = 0, last_s_ = 0, asked_s_ = 0, answered_s_ = 0;
};

}  // namespace

std::optional<double> node_watts(std::string_view scontrol) {
  constexpr std::string_view key = "CurrentWatts=";
  auto const at = scontrol.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  double watts = 0;
  auto const* const begin = scontrol.data() + at + key.size();
  auto const [end, problem] = std::from_chars(begin, scontrol.data() + scontrol.size(), watts);
  return problem == std::errc() && watts > 0 && watts < 1e6 ? std::optional(watts) : std::nullopt;
}

SourceKind slurm_source() {
  return {.name = "slurm",
          .part = Part::processors,
          .why_not = [](EnergyConfig const&, Holding const&) -> std::string {
            auto const node = node_name();
            if (node.empty()) return "this is no job of Slurm";
            return watts_now() ? "" : fmt::format("`scontrol show node {}` tells no CurrentWatts", node);
          },
          .devices =
              [](EnergyConfig const&, Holding const&) {
                std::vector<std::unique_ptr<Device>> devices;
                devices.push_back(std::make_unique<SlurmNode>());
                return devices;
              },
          .method =
              [](EnergyConfig const& c) {
                return fmt::format("slurm's power of whole nodes x time, {}",
                                   c.node_use == NodeUse::exclusive ? "whole nodes" : "shared by processor time with others on the node");
              },
          .holds_gpus = true};
}

}  // namespace apq::energy
