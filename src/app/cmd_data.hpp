#pragma once

#include <filesystem>
#include <string>

namespace apq::app {

struct DataOptions {
  std::filesystem::path directory, space, output;
  std::string format;
};

/// `apq data VERB`: each prints its answer and returns the exit status. Local.
int list_data(DataOptions const& o);
int verify_data(DataOptions const& o);
int hash_data(DataOptions const& o);
int export_data(DataOptions const& o);
int join_data(DataOptions const& o);
int provenance_data(DataOptions const& o);

}  // namespace apq::app
