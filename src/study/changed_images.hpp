#pragma once

#include <filesystem>
#include <string>

#include "study/experiment.hpp"
#include "study/settings.hpp"

namespace apq::study {

/// Why the training source gives other splits than those that labels were made with, as far as that can be known: settings of `data` that
/// changed, files and folders that changed since the first of the `labels`. Empty: it cannot. It lists the source. Local.
/// @param labels  shards, the oldest of which tells the moment
std::string why_images_differ(Experiment const& experiment, Settings const& before, Settings const& now,
                              std::vector<std::filesystem::path> const& labels);

}  // namespace apq::study
