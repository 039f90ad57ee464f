#pragma once

#include <string>
#include <vector>

#include "report/inputs.hpp"

// The parts of the page, in its order; each returns HTML.
namespace apq::report {

std::string headline(Inputs const& inputs);
/// A box that names what of the page does not fit the rest; empty where nothing does.
std::string stale_notice(std::vector<std::string> const& stale);
std::string winners_section(Inputs const& inputs);
std::string tradeoff_section(Inputs const& inputs);
std::string networks_section(Inputs const& inputs);
std::string uniform_section(Inputs const& inputs);
std::string labels_section(Inputs const& inputs);
std::string predictor_section(Inputs const& inputs);
std::string transfer_section(Inputs const& inputs);
std::string convergence_section(Inputs const& inputs);
std::string cost_section(Inputs const& inputs);
std::string provenance_section(Inputs const& inputs);

/// One plain sentence on what the transfer gained, never more than the intervals allow.
std::string transfer_sentence(train::QuantReport const& quant);
/// One plain sentence on the winners against the best collected samples.
std::string winners_sentence(Inputs const& inputs);

}  // namespace apq::report
