#include <algorithm>

#include "common/energy/source.hpp"

namespace apq::energy {

// Each in a file of its own.
SourceKind rapl_source();
SourceKind slurm_source();
SourceKind declared_processors();
SourceKind nvml_source();
SourceKind declared_gpus();

std::vector<SourceKind> const& source_kinds() {
  static std::vector<SourceKind> const kinds{rapl_source(), slurm_source(), declared_processors(), nvml_source(), declared_gpus()};
  return kinds;
}

std::vector<std::string> source_names() {
  std::vector<std::string> names{"auto"};
  for (auto const& kind : source_kinds())
    if (std::find(names.begin(), names.end(), kind.name) == names.end()) names.push_back(kind.name);
  return names;
}

}  // namespace apq::energy
