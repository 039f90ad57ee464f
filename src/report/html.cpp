#include "report/html.hpp"

#include <fmt/format.h>

#include "report/text.hpp"

namespace apq::report {
namespace {

std::string heading(std::string const& title) { return title.empty() ? "" : "<h3>" + escaped(title) + "</h3>\n"; }
std::string below(std::string const& caption) { return caption.empty() ? "" : "<figcaption>" + caption + "</figcaption>\n"; }

}  // namespace

std::string section(std::string const& title, std::string const& body) {
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", escaped(title), body);
}

std::string missing(std::string const& what, std::string const& command) {
  return fmt::format("<p class=\"missing\">{} <code>{}</code></p>\n", escaped(what), escaped(command));
}

std::string picture(std::optional<Chart> const& chart, Size size, std::string const& title, std::string const& caption) {
  if (!chart) return {};
  return fmt::format("<figure>\n{}{}{}</figure>\n", heading(title), inline_svg(*chart, size), below(caption));
}

std::string wide_picture(Chart const& chart, std::string const& caption) {
  return fmt::format("<figure>\n<div class=\"wide\">{}</div>\n<div class=\"narrow\">{}</div>\n{}</figure>\n",
                     inline_svg(chart, {1072, 480}), inline_svg(chart, {420, 440}), below(caption));
}

}  // namespace apq::report
