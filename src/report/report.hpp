#pragma once

#include <string>

#include "common/core/study_layout.hpp"
#include "report/inputs.hpp"

namespace apq::report {

/// The whole page: one file without scripts and without anything loaded from elsewhere. Parts that
/// are not there yet say which command makes them.
std::string render_html(Inputs const& inputs);

/// Reads a study and writes report.html and figures/*.svg, *.csv, each replaced whole. Local: rank
/// 0 calls it.
/// @throws Error(data | io) naming the file.
void write_report(StudyLayout const& layout, StudyIdentity const& identity, space::SearchSpace const& space,
                  cost::CostModel const& cost_model, std::vector<std::string> stale);

}  // namespace apq::report
