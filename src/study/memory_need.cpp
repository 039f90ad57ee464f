#include "study/memory_need.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace apq::study {

std::string memory_trouble(MemoryNeed const& need, std::optional<double> left) {
  constexpr double gib = 1024.0 * 1024 * 1024;
  double const total = need.image_bytes + need.ranks * least_bytes_of_rank;
  if (!left || total <= *left) return {};
  int const ranks = static_cast<int>((*left - need.image_bytes) / least_bytes_of_rank);
  auto const cure = *left > need.image_bytes && ranks >= 1
                        ? fmt::format("{} rank{} a node would fit, or give the job more memory", ranks, ranks == 1 ? "" : "s")
                        : std::string("give the job more memory, or use fewer images");
  return fmt::format(
      "memory: the job's limit leaves {:.2f} GiB on this node, and {} rank{} with {:.2f} GiB of images take at least {:.2f} GiB; {}",
      *left / gib, need.ranks, need.ranks == 1 ? "" : "s", need.image_bytes / gib, total / gib, cure);
}

}  // namespace apq::study
