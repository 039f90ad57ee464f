#include "study/sample_time.hpp"

#include <algorithm>

namespace apq::study {

SampleTime sample_time(std::vector<MeasuredSubnet> const& subnets) {
  // Sums over subnets before the differences: a small one's noise weighs as little as its time.
  std::array<double, 3> seconds{};
  double calibration = 0, evaluation = 0;
  for (auto const& subnet : subnets) {
    for (std::size_t i = 0; i < seconds.size(); ++i) seconds[i] += subnet.seconds[i];
    calibration += subnet.macs * subnet.images.calibration;
    evaluation += subnet.macs * subnet.images.evaluation;
  }
  constexpr double rest = 0.75;  // of the images, that the smaller part lacks
  SampleTime time;
  if (evaluation > 0) time.per_evaluation = std::max(0.0, (seconds[0] - seconds[1]) / (rest * evaluation));
  if (calibration > 0) time.per_calibration = std::max(0.0, (seconds[1] - seconds[2]) / (rest * calibration));
  auto const of_images = time.per_calibration * calibration + time.per_evaluation * evaluation;
  time.fixed = std::max(0.0, (seconds[0] - of_images) / static_cast<double>(subnets.size()));
  return time;
}

}  // namespace apq::study
