#pragma once

#include <optional>
#include <string>

#include "report/chart.hpp"

namespace apq::report {

/// <section> with a heading.
std::string section(std::string const& title, std::string const& body);
/// A part that is not there yet: what is missing and the command that makes it.
std::string missing(std::string const& what, std::string const& command);
/// A figure with its caption; nothing when there is no chart. `title` may be empty.
std::string picture(std::optional<Chart> const& chart, Size size, std::string const& title, std::string const& caption);
/// The full width of the page, drawn once more for a phone.
std::string wide_picture(Chart const& chart, std::string const& caption);

}  // namespace apq::report
