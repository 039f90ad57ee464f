#pragma once

#include <string>

namespace apq::report {

/// CSS of the page: light and dark, one column on a phone.
std::string page_style();

}  // namespace apq::report
