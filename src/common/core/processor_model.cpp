#include "common/core/processor_model.hpp"

#include <algorithm>
#include <fstream>

namespace apq {

std::string processor_model() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name")) return line.substr(std::min(line.size(), line.find_first_not_of(": \t", line.find(':'))));
  return {};
}

}  // namespace apq
