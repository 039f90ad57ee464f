#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/core/build_info.hpp"
#include "common/core/record_file.hpp"
#include "study/settings.hpp"

namespace apq::study {

inline constexpr RecordFormat provenance_format{"apq provenance", 1, "`apq data provenance` makes it anew"};

/// What a finished stage was made from and what came out.
struct StageProvenance {
  std::string stage, finished, code_version;       ///< finished: UTC, ISO 8601
  Settings inputs;                                 ///< everything that the result depends on, by name (records/stamp.hpp)
  std::map<std::string, std::string> input_files;  ///< absolute path -> SHA-256
  std::map<std::string, std::string> outputs;      ///< path in the study -> SHA-256
  std::map<std::string, std::string> contents;     ///< of a collection: hash and number of its rows, the parts of their identity
};

/// A job that worked on the study.
struct JobProvenance {
  std::string token, host, scheduler_id, started, state;
  int ranks = 1;
};

/// A sample that could not be labelled.
struct FailedSample {
  std::string stage, error, host;
  std::uint64_t id = 0;
  int attempts = 0;
};

/// All that is needed to make a study again, and to see whether it came out the same.
struct Provenance {
  BuildInfo build;     ///< of the program that wrote this
  std::string study;   ///< absolute directory
  std::string config;  ///< YAML, resolved
  std::vector<StageProvenance> stages;
  std::vector<JobProvenance> jobs;
  std::vector<FailedSample> failures;
  std::map<std::string, std::string> environment;  ///< of the machine that wrote this: "processor", "kernel", "system"
};

void write_provenance(std::filesystem::path const& file, Provenance const& provenance);
/// @throws Error as read_record.
Provenance read_provenance(std::filesystem::path const& file);

}  // namespace apq::study
