#pragma once

#include <string>

namespace apq {

/// What this executable was built from; goes into every shard and report.
struct BuildInfo {
  std::string version, compiler, build_type, mpi, hdf5, torch;
};
BuildInfo build_info();

}  // namespace apq
