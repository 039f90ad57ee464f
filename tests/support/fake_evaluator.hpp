#pragma once

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "common/core/error.hpp"
#include "evaluate/evaluator.hpp"

namespace apq::test {

/// What goes wrong at a sample.
enum class Fault {
  error,  ///< throws Error(data)
  nan,    ///< the loss is not a number
  other,  ///< one image more is right
  kill,   ///< the process ends by SIGKILL
  hang    ///< never returns
};

/// What a fake evaluator does beside its labels.
struct FakeBehaviour {
  double seconds = 0;  ///< of every sample, asleep
  std::map<std::uint64_t, Fault> faults = {};
};

inline std::vector<std::pair<std::string, Fault>> const& fault_names() {
  static std::vector<std::pair<std::string, Fault>> const names{
      {"error", Fault::error}, {"nan", Fault::nan}, {"other", Fault::other}, {"kill", Fault::kill}, {"hang", Fault::hang}};
  return names;
}

/// From a text, e.g. "seconds=0.01 nan@13 kill@20"; seconds is `seconds` where the text does not say.
/// @throws Error(config) naming the word that is not understood.
inline FakeBehaviour parse_behaviour(std::string const& text, double seconds = 0) {
  FakeBehaviour behaviour{seconds};
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (word.starts_with("seconds=")) {
      behaviour.seconds = std::stod(word.substr(8));
      continue;
    }
    bool is_known = false;
    for (auto const& [name, fault] : fault_names())
      if (word.starts_with(name + "@")) {
        behaviour.faults[std::stoull(word.substr(name.size() + 1))] = fault;
        is_known = true;
      }
    if (!is_known)
      throw Error(Errc::config, fmt::format("fake evaluator: '{}' is neither seconds=S nor error@N, nan@N, other@N, kill@N, hang@N", word));
  }
  return behaviour;
}

/// From the environment variable APQ_FAKE, for test programs that are run from scripts.
inline FakeBehaviour behaviour_of_environment(double seconds = 0) {
  char const* const text = std::getenv("APQ_FAKE");
  return parse_behaviour(text == nullptr ? "" : text, seconds);
}

/// A label in closed form of the subnet: fast, deterministic, different for different subnets. A fault that happens says so, in a
/// line on standard error, "fake evaluator: kill at sample 20", and in a count, so that its test can assert that it did.
class FakeEvaluator : public evaluate::Evaluator {
 public:
  explicit FakeEvaluator(FakeBehaviour behaviour = {}) : behaviour_(std::move(behaviour)) {}

  evaluate::Label evaluate(space::Subnet const& subnet, std::uint64_t sample) override {
    std::this_thread::sleep_for(std::chrono::duration<double>(behaviour_.seconds));
    auto label = label_of(subnet);
    if (auto const found = behaviour_.faults.find(sample); found != behaviour_.faults.end()) fail(found->second, sample, label);
    return label;
  }
  std::string engine() const override { return "fake"; }

  static evaluate::Label label_of(space::Subnet const& subnet) {
    std::uint64_t mix = 1469598103934665603u;
    auto add = [&](std::vector<int> const& values) {
      for (int value : values) mix = (mix ^ static_cast<std::uint64_t>(value)) * 1099511628211u;
    };
    add(subnet.kernels);
    add(subnet.middle_channels);
    add(subnet.depths);
    if (subnet.bits)
      for (auto const& role : *subnet.bits) add(role);
    auto const correct = static_cast<std::uint32_t>(500 + mix % 400);
    return {correct, static_cast<std::uint32_t>(correct + 50), 1000, 1.0 - correct / 1000.0};
  }

  /// Faults of this process so far.
  static int& num_faults() {
    static int count = 0;
    return count;
  }

 private:
  static void fail(Fault fault, std::uint64_t sample, evaluate::Label& label) {
    ++num_faults();
    std::string name;
    for (auto const& [text, kind] : fault_names())
      if (kind == fault) name = text;
    auto const line = fmt::format("fake evaluator: {} at sample {}\n", name, sample);
    if (::write(STDERR_FILENO, line.data(), line.size()) < 0) std::abort();
    switch (fault) {
      case Fault::error:
        throw Error(Errc::data, "the fake evaluator was asked to fail here");
      case Fault::nan:
        label.loss = std::numeric_limits<double>::quiet_NaN();
        return;
      case Fault::other:
        ++label.correct;
        return;
      case Fault::kill:
        std::raise(SIGKILL);
        return;
      case Fault::hang:
        for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
    }
  }

  FakeBehaviour behaviour_;
};

}  // namespace apq::test
