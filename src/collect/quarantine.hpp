#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/core/record_file.hpp"
#include "common/space/subnet.hpp"

// Samples that could not be labelled: one record each, quarantine/STAGE/ID.json of a study. A stage is complete when each of its samples is
// in a shard or here; one that is in a shard does not count as quarantined.
namespace apq::collect {

inline constexpr RecordFormat quarantine_format{"apq quarantined sample", 1, "remove it, and `apq collect` tries the sample again"};

struct QuarantinedSample {
  std::string stage;
  std::uint64_t id = 0;
  std::string error;  ///< of the last attempt, a line
  int attempts = 0;
  int rank = 0;  ///< of its job
  std::string host, job;
  space::Genes genes;
};

/// @throws Error(io).
void write_quarantined(std::filesystem::path const& directory, QuarantinedSample const& sample);

/// Ids of a stage's records, ascending, by their names alone; none where the directory is not there.
std::vector<std::uint64_t> quarantined_ids(std::filesystem::path const& directory);

/// Every record. @throws Error(data) naming one that is none.
std::vector<QuarantinedSample> read_quarantine(std::filesystem::path const& directory);

/// Removes the records of these ids, so that they are tried again: how many there were. @throws Error(io).
std::size_t release_quarantined(std::filesystem::path const& directory, std::vector<std::uint64_t> const& ids);

/// @throws Error(data) when more than a share of `num_samples`, rounded up, is in quarantine.
void require_few_quarantined(std::filesystem::path const& directory, std::string const& stage, double share, std::uint64_t num_samples);

}  // namespace apq::collect
