#pragma once

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "study/job_status.hpp"
#include "study/row_count.hpp"
#include "study/status.hpp"
#include "study/unlabelled.hpp"

namespace apq::study {

/// A stage and those who work on it.
struct StageProgress {
  StageStatus status;
  std::uint64_t rows = 0;                                                  ///< of a collection: that are there
  Unlabelled unlabelled;                                                   ///< of a collection
  int jobs = 0;                                                            ///< at work on it
  double rows_per_second = 0;                                              ///< of these together; 0: not known
  std::uint64_t failures = 0;                                              ///< samples that failed in these
  double core_h = std::numeric_limits<double>::quiet_NaN(), kwh = core_h;  ///< in the ledger, and what jobs say that is not; NaN: not known
  bool is_provisional = false;                                             ///< some of it is not in the ledger
  /// Of a collection, s; NaN: not known.
  double remaining_seconds() const;
};

struct StudyProgress {
  std::vector<StageProgress> stages;
  std::vector<JobStatus> jobs;
  std::vector<std::string> warnings;  ///< a sentence each
};

/// A study as it stands, looked at once or again and again while jobs work on it: what did not change since the last look is not read
/// again. Needs no images, MPI or LibTorch. Local.
class StudyView {
 public:
  /// @throws as status_of.
  explicit StudyView(StudyLayout const& layout);
  StudyProgress look();

 private:
  StudyLayout const layout_;
  JobsView jobs_;
  std::map<std::string, RowCount> rows_;
};

/// Tables of stages and jobs; or a JSON object. Both end with a line feed.
std::string progress_table(StudyProgress const& progress);
std::string progress_json(StudyProgress const& progress);

}  // namespace apq::study
