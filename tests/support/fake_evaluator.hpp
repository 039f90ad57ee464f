#pragma once

#include <chrono>
#include <memory>
#include <thread>

#include "evaluate/evaluator.hpp"

namespace apq::test {

/// A label in closed form of the subnet: fast, deterministic, different for different subnets.
class FakeEvaluator : public evaluate::Evaluator {
 public:
  explicit FakeEvaluator(std::chrono::milliseconds pause = {}) : pause_(pause) {}
  evaluate::Label evaluate(space::Subnet const& subnet, std::uint64_t) override {
    std::this_thread::sleep_for(pause_);
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
  std::string engine() const override { return "fake"; }

 private:
  std::chrono::milliseconds pause_;
};

}  // namespace apq::test
