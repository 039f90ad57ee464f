#pragma once

#include <string>

#include "dataset/publication.hpp"

namespace apq::dataset {

/// The data card, Markdown: what, how, files, splits, noise, limits, baselines, licence and citation.
std::string card_of(PublishedFacts const& facts);

}  // namespace apq::dataset
