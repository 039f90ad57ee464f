#pragma once

#include <string>

#include "common/core/study_layout.hpp"

namespace apq::study {

/// A stage is done when its stamp holds the key of its inputs (hash of data and settings) and its output exists.
/// Stamps lie in the study's directory as .done/STAGE.
bool is_done(StudyLayout const& layout, std::string const& stage, std::string const& key, std::filesystem::path const& output);
void mark_done(StudyLayout const& layout, std::string const& stage, std::string const& key);

}  // namespace apq::study
