#pragma once

#include <string>
#include <vector>

#include "common/core/study_layout.hpp"
#include "study/records/provenance.hpp"

namespace apq::study {

/// What is known of how a study was made, from its stamps, its jobs' records and its quarantine. Stages that are not finished are not in
/// it. Local. @throws Error(io) when there is no such study; Error(data) naming a record that cannot be read.
Provenance provenance_of(StudyLayout const& layout);

/// Input files of the record that are not as they were, a sentence each: "/data/w.pt is missing", "/data/w.pt is another file than then".
/// Reads them. @throws Error(io).
std::vector<std::string> changed_inputs(Provenance const& then);

/// How a study that was made again differs from the one it was made after, a sentence each, stage by stage: "collect.fp: other rows",
/// "train: code_version (1.0, now 1.1)". Empty: rows and products are equal to the bit. The
/// report, which shows what the study cost, does not count.
std::vector<std::string> differences(Provenance const& then, Provenance const& now);

}  // namespace apq::study
