#pragma once

#include <cstdint>
#include <string>

#include "common/core/study_layout.hpp"

namespace apq::study {

/// The samples of "fp" or "quant" that are in quarantine.
struct Unlabelled {
  std::uint64_t count = 0;
  std::string sentence;  ///< "2 samples could not be labelled: 17 (logits are not finite), 21 (...)"; empty: there is none
};

/// A record that cannot be read counts, without its reason. Local.
Unlabelled unlabelled_samples(StudyLayout const& layout, std::string const& stage);

}  // namespace apq::study
