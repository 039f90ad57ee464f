#pragma once

#include "study/study_run.hpp"

namespace apq::study {

/// What of an experiment is compared with the study that is there.
enum class Looks {
  at_settings,                ///< seed and space: nothing is labelled
  at_labels_before_training,  ///< also the images, settings and weights that labels depend on; weights that the study trains itself are
                              ///< for its supernet stage to compare, which can make them again
  at_labels                   ///< these too
};

/// Refuses an experiment that would change what may not change in a study that has labels: the seed, the space, and whatever its labels
/// were made with; also a damaged ledger, which would not take what the work costs. Nothing is written. Collective.
/// @throws Error(data) naming what differs, with both values.
void admit(StudyRun& run, Looks looks);

/// What the labels of "fp" or "quant" were made with, their space's hash as "space"; absent: there are none. Their stamp knows without a
/// shard being opened. Local to root.
std::optional<std::map<std::string, std::string>> identity_of_labels(StudyRun& run, std::string const& stage);

/// True when some shard is there.
bool has_labels(StudyLayout const& layout);

}  // namespace apq::study
