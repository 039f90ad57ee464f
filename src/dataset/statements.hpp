#pragma once

#include <string>
#include <vector>

#include "dataset/publication.hpp"

// What can be said of a dataset in words, from its facts alone; the data card and Croissant's fields say the same.
namespace apq::dataset {

std::string summary_of(PublishedFacts const& facts);  ///< what it is, in a sentence or two
std::string collection_of(StageFacts const& stage);   ///< how its rows came about
std::string labels_of(StageFacts const& stage);       ///< what a label is
std::string noise_of(StageFacts const& stage);        ///< what repeats or intervals tell
std::string missing_of(StageFacts const& stage);      ///< rows that are not there
std::vector<std::string> limits_of(PublishedFacts const& facts);
std::vector<std::string> biases_of(PublishedFacts const& facts);
std::string personal_information();

}  // namespace apq::dataset
