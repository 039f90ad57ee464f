#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/core/study_layout.hpp"
#include "study/file_view.hpp"
#include "study/settings.hpp"

namespace apq::study {

/// What stages read and write, beside settings.
enum class Artefact {
  space,
  weights,
  training_images,
  calibration_images,
  validation_images,
  test_images,
  engine,
  kernels,
  cost_table,
  hardware,
  fp_rows,
  quant_rows,
  fp_joined,
  quant_joined,
  fp_predictor,
  quant_predictor,
  scratch_predictor,
  training,
  search,
  search_arrays,
  winners,
  verification,
  ledger,
  report,
  figures,
};

/// The name that stamps and messages use: "cost.hardware", "rows.fp".
std::string name_of(Artefact artefact);

/// Where it lies: a file, a directory of files (rows, winners, figures), or nothing (images, the engine and its kernels; a table that the
/// settings do not name).
std::filesystem::path path_of(Artefact artefact, StudyLayout const& layout, Settings const& settings);

/// The files that make it up, sorted: one, those of its directory, or none.
std::vector<std::filesystem::path> files_of(Artefact artefact, StudyLayout const& layout, Settings const& settings, FileView& view);

}  // namespace apq::study
