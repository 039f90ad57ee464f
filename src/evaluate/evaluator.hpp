#pragma once

#include <cstdint>
#include <string>

#include "common/space/subnet.hpp"

namespace apq::evaluate {

/// Counts, not floats: accuracy is correct / total with its binomial error.
struct Label {
  std::uint32_t correct = 0, correct5 = 0, total = 0;
  double loss = 0;  ///< mean cross entropy over the images, nats
};

/// Turns a subnet into a label. Implementations: SupernetEvaluator (slices the supernet), a closed-form one for tests.
/// The label is a pure function of the subnet and of `sample` (which keys calibration draws).
class Evaluator {
 public:
  virtual ~Evaluator() = default;
  virtual Label evaluate(space::Subnet const& subnet, std::uint64_t sample) = 0;
  virtual std::string engine() const = 0;  ///< e.g. "reference (LibTorch 1.13.1)"
};

}  // namespace apq::evaluate
