#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dataset/stage_facts.hpp"

namespace apq::dataset {

/// What its publisher says of a dataset; the rows say the rest.
struct Publication {
  std::string name;
  std::string description;             ///< empty: what the facts say alone
  std::string license;                 ///< SPDX identifier, or a URL; empty: not declared
  std::filesystem::path license_file;  ///< text of the licence; empty: none at hand
  std::vector<std::string> authors;    ///< empty: not declared
  std::string url;                     ///< where it is published; empty: not declared
  std::string release = "1.0.0";       ///< MAJOR.MINOR.PATCH
  std::string date;                    ///< YYYY-MM-DD
};

inline constexpr char const* not_declared = "not declared";

/// What a publication is made of.
struct PublishedFacts {
  Publication said;
  std::string space_name, space_hash;
  std::string content_hash;  ///< as `apq data hash` gives it of the published folder
  std::vector<StageFacts> stages;
};

/// Where things lie in a published folder, relative to it; shards and space.yaml where StudyLayout has them.
inline std::string rows_file(std::string const& stage, char const* extension) { return "rows/" + stage + "." + extension; }
inline constexpr char const* record_file = "dataset.json";
inline constexpr char const* splits_file = "splits.json";
inline constexpr char const* environment_file = "environment.json";
inline constexpr char const* croissant_file = "croissant.json";
inline constexpr char const* card_file = "README.md";
inline constexpr char const* citation_file = "CITATION.cff";
inline constexpr char const* license_text_file = "LICENSE";
inline constexpr char const* checksums_file = "SHA256SUMS";

/// An SPDX identifier's page, or a URL as it is; empty: not declared.
std::string license_url(std::string const& license);

}  // namespace apq::dataset
