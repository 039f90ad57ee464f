#include "report/report.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/core/stop_request.hpp"
#include "report/figures.hpp"
#include "report/page_style.hpp"
#include "report/sections.hpp"
#include "report/text.hpp"

namespace apq::report {

std::string render_html(Inputs const& inputs) {
  auto html = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
      "name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>{} – apq report</title>\n<style>{}{}</style>\n</head>\n<body>\n",
      escaped(inputs.study), page_style(), chart_style());
  html += headline(inputs) + "<main>\n" + stale_notice(inputs.stale);
  for (auto const part : {winners_section, tradeoff_section, networks_section, uniform_section, labels_section, predictor_section,
                          transfer_section, convergence_section, cost_section, provenance_section})
    html += part(inputs);
  return html +
         "</main>\n<footer>Every figure lies beside this file as SVG and CSV in "
         "<code>figures/</code>.</footer>\n</body>\n</html>\n";
}

void write_report(StudyLayout const& layout, StudyIdentity const& identity, space::SearchSpace const& space,
                  cost::CostModel const& cost_model, std::vector<std::string> stale) {
  auto const inputs = load(layout, identity, space, cost_model, std::move(stale));
  make_directory(layout.figures());
  for (auto const& chart : all_figures(inputs)) {
    throw_if_stopping("report");
    replace_file(layout.figures() / (chart.name + ".svg"), standalone_svg(chart, {800, 480}));
    replace_file(layout.figures() / (chart.name + ".csv"), csv_of(chart));
  }
  replace_file(layout.report(), render_html(inputs));
}

}  // namespace apq::report
