#include "study/unlabelled.hpp"

#include <map>

#include <fmt/format.h>

#include "collect/quarantine.hpp"
#include "common/core/error.hpp"

namespace apq::study {

Unlabelled unlabelled_samples(StudyLayout const& layout, std::string const& stage) {
  constexpr std::size_t most_named = 5;
  auto const ids = collect::quarantined_ids(layout.quarantine(stage));
  if (ids.empty()) return {};
  std::map<std::uint64_t, std::string> reasons;
  try {
    for (auto const& sample : collect::read_quarantine(layout.quarantine(stage))) reasons[sample.id] = sample.error;
  } catch (Error const& e) {
    if (e.code() != Errc::data) throw;
  }
  std::string named;
  for (std::size_t i = 0; i < ids.size() && i < most_named; ++i) {
    auto const reason = reasons.find(ids[i]);
    named += fmt::format("{}{} ({})", i == 0 ? "" : ", ", ids[i], reason == reasons.end() ? "no reason that can be read" : reason->second);
  }
  if (ids.size() > most_named) named += fmt::format(", and {} more", ids.size() - most_named);
  return {ids.size(), fmt::format("{} sample{} could not be labelled: {}", ids.size(), ids.size() == 1 ? "" : "s", named)};
}

}  // namespace apq::study
