#include "common/cost/lookup_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/json_text.hpp"

namespace apq::cost {

LookupTable::LookupTable(std::filesystem::path const& file) : name_(file.string()) {
  auto const json = parse_json(read_file(file), name_);
  if (!json.is_object())
    throw Error(Errc::data, fmt::format("{}: must be an object of layers, each {{\"latency\": ms, \"energy\": mJ}}", name_));
  entries_.reserve(json.size());
  for (auto const& [key, value] : json.items()) {
    auto number = [&, &layer = key, &fields = value](char const* field) {
      if (fields.is_object() && fields.contains(field) && fields.at(field).is_number())
        if (double const x = fields.at(field).get<double>(); x >= 0.0) return x;
      throw Error(Errc::data, fmt::format("{}: {} has no {} that is a number of at least 0", name_, layer, field));
    };
    entries_.emplace(key, Entry{number("latency"), number("energy")});
  }
}

std::optional<LookupTable::Entry> LookupTable::find(std::string const& key) const {
  auto const found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

LookupTable::Entry LookupTable::at(std::string const& key) const {
  if (auto const entry = find(key)) return *entry;
  throw Error(Errc::data, fmt::format("{}: lacks the layer {} of the space (the table is for another space or resolution); "
                                      "use a table made for it, or the analytic model",
                                      name_, key));
}

}  // namespace apq::cost
