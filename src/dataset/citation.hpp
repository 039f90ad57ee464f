#pragma once

#include <string>

#include "dataset/publication.hpp"

namespace apq::dataset {

/// CITATION.cff, format 1.2.0. Who did not declare authors is cited as "not declared".
std::string citation_of(Publication const& said);
/// BibTeX, a line.
std::string bibtex_of(Publication const& said);
/// LICENSE: the text of the licence's file; without one its identifier and where its text is; without a licence that none is declared.
/// @throws Error(io) when the file cannot be read.
std::string license_text(Publication const& said);

}  // namespace apq::dataset
