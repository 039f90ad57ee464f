#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collect/repeated_rows.hpp"
#include "common/h5/dataset.hpp"

namespace apq::collect {

/// What `apq data list` says of one stage.
struct StageSummary {
  struct OfRows {
    std::uint32_t fewest_images, most_images;
    double mean, min, max;  ///< top-1, percent
  };
  std::string stage;
  std::size_t rows = 0, shards = 0;
  std::optional<OfRows> of_rows;       ///< absent without rows
  std::optional<RepeatNoise> repeats;  ///< of imported rows: what is collected comes out equal every time
  std::string content_hash;
};

StageSummary summary_of(std::string const& stage, h5::Dataset const& dataset);

/// A table, a line a stage, and below it what repeated measurements tell; or a JSON array. Both end with a line feed.
std::string summary_table(std::vector<StageSummary> const& stages);
std::string summary_json(std::vector<StageSummary> const& stages);

}  // namespace apq::collect
