#include "common/core/key_tables.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace apq {
namespace {

using Keys = std::vector<KeyDescription>;

Keys::const_iterator find(Keys const& keys, std::string const& name) {
  return std::find_if(keys.begin(), keys.end(), [&](KeyDescription const& d) { return d.key == name; });
}

// "search.constraints[].metric" -> "search.constraints[]" and "metric"
std::string section_of(std::string const& key) { return key.substr(0, key.rfind('.') == std::string::npos ? 0 : key.rfind('.')); }
std::string last_part(std::string const& key) { return key.substr(key.rfind('.') + 1); }

std::string heading(Keys const& keys, std::string const& section) {
  if (section.empty()) return "";
  auto name = section;
  auto text = fmt::format("### `{}`\n\n", name);
  if (name.ends_with("[]")) name.resize(name.size() - 2);
  auto const found = find(keys, name);
  if (found == keys.end()) return text;
  return text + fmt::format("{}{}.\n\n", found->text, name == section ? "" : " (a list of sections)");
}

}  // namespace

void merge(Keys& all, Keys const& more) {
  std::string before;
  for (auto const& description : more) {
    if (find(all, description.key) == all.end()) {
      auto const place = find(all, before);
      all.insert(place == all.end() ? (before.empty() ? all.begin() : all.end()) : place + 1, description);
    }
    before = description.key;
  }
}

std::string key_tables(Keys const& keys) {
  std::vector<std::string> sections;
  for (auto const& d : keys)
    if (!d.is_section && std::find(sections.begin(), sections.end(), section_of(d.key)) == sections.end())
      sections.push_back(section_of(d.key));
  std::string text;
  for (auto const& section : sections) {
    text += heading(keys, section) + "| key | default | range | unit | meaning |\n| --- | --- | --- | --- | --- |\n";
    for (auto const& d : keys)
      if (!d.is_section && section_of(d.key) == section)
        text += fmt::format("| `{}` | {} | {} | {} | {} |\n", last_part(d.key), d.fallback, d.allowed, d.unit, d.text);
    text += "\n";
  }
  return text;
}

}  // namespace apq
