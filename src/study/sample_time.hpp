#pragma once

#include <array>
#include <vector>

namespace apq::study {

/// Images that a label takes.
struct LabelImages {
  double calibration = 0, evaluation = 0;
};

/// One subnet that was really evaluated on three parts of the images: {calibration, evaluation}, the same calibration images and a
/// quarter of the others, and a quarter of both.
struct MeasuredSubnet {
  double macs = 0;
  LabelImages images;               ///< of the first
  std::array<double, 3> seconds{};  ///< processor time
};

/// Processor seconds of a label: a fixed part (slicing, compiling), and parts that grow with MACs and the images of each kind, which cost
/// differently: a calibration image is seen several times, with statistics taken.
struct SampleTime {
  double fixed = 0;            ///< s
  double per_calibration = 0;  ///< s per MAC and image
  double per_evaluation = 0;   ///< likewise
  double operator()(double macs, LabelImages const& images) const {
    return fixed + macs * (per_calibration * images.calibration + per_evaluation * images.evaluation);
  }
};

/// Mean over the subnets; parts that noise made negative are 0. A pure function. @param subnets  not empty
SampleTime sample_time(std::vector<MeasuredSubnet> const& subnets);

}  // namespace apq::study
