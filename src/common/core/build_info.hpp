#pragma once

#include <string>

namespace apq {

/// What this executable was built from; goes into every shard and report.
struct BuildInfo {
  std::string version;  ///< of the project, e.g. "0.1.0"
  std::string commit;   ///< `git describe`, e.g. "v0.1.0-12-gabc1234-dirty"; empty where the sources are no git work tree
  std::string compiler, build_type, mpi, hdf5, torch;

  /// "0.1.0 (v0.1.0-12-gabc1234)"; without a commit "0.1.0".
  std::string version_and_commit() const;
};
BuildInfo build_info();

}  // namespace apq
