#pragma once

#include <cstdint>
#include <memory>

#include "common/engine/engine.hpp"
#include "common/engine/image_batch.hpp"
#include "common/image/data_config.hpp"
#include "common/net/supernet.hpp"
#include "common/space/subnet.hpp"

namespace apq::train {

/// Looks at a supernet in training from outside: accuracies for the log, and in the end the BN statistics, since training itself only uses
/// those of its batches.
class SupernetMonitor {
 public:
  /// Statistics are of the first 512 calibration images, accuracies of the first `validation_images` of the validation split.
  SupernetMonitor(image::Splits const& splits, image::Normalisation const& normalisation, int validation_images);

  std::int64_t validation_images() const;
  /// Top-1 accuracy of a subnet in full precision, percent. @throws Error(numeric) where a statistic or a logit is not finite.
  double top1(net::Supernet const& supernet, space::Subnet const& subnet) const;
  /// Writes the largest network's running statistics into the supernet. @throws Error(numeric) as above.
  void store_statistics(net::Supernet& supernet) const;

 private:
  engine::LabelledBatches calibration_, validation_;
  std::unique_ptr<engine::Engine> engine_;
};

}  // namespace apq::train
