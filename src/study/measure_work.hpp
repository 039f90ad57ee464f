#pragma once

#include <vector>

#include "study/plan.hpp"
#include "study/study_run.hpp"

namespace apq::study {

struct MeasureOptions {
  int samples = 3;   ///< subnets of each kind that are evaluated
  int images = 500;  ///< of each split that they are evaluated on, at most
};

struct MeasuredWork {
  std::vector<StageWork> work;
  double fp_seconds = 0, quant_seconds = 0;  ///< of the average sample, on one core
  double rank_bytes = 0;                     ///< of one rank while it evaluates
};

/// Does a little of every stage: labels a few samples on a part of the images, fits predictors for an epoch or three, searches for some
/// generations, takes some training steps of a supernet that is yet to be trained, and times each by the processor. Every rank does the
/// same at the same time, as in the real run ranks share the memory's bandwidth; the slowest counts. Writes nothing into the study.
/// Collective. @throws what the stages throw.
MeasuredWork measure_work(StudyRun& run, MeasureOptions const& options);

}  // namespace apq::study
