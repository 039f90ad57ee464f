#include "study/settings.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "common/core/error.hpp"
#include "common/core/yaml_text.hpp"

namespace apq::study {
namespace {

bool is_list_of_scalars(YAML::Node const& node) {
  return node.IsSequence() && std::all_of(node.begin(), node.end(), [](YAML::Node const& item) { return item.IsScalar(); });
}

void flatten(YAML::Node const& node, std::string const& name, Settings& settings) {
  if (node.IsMap()) {
    for (auto const& entry : node) {
      auto const key = entry.first.Scalar();
      flatten(entry.second, name.empty() ? key : name + "." + key, settings);
    }
  } else if (is_list_of_scalars(node)) {
    std::string list;
    for (auto const& item : node) list += (list.empty() ? "" : ", ") + item.Scalar();
    settings[name] = "[" + list + "]";
  } else if (node.IsSequence()) {
    for (std::size_t i = 0; i < node.size(); ++i) flatten(node[i], fmt::format("{}[{}]", name, i), settings);
  } else if (node.IsScalar()) {
    settings[name] = node.Scalar();
  } else {
    settings[name] = "";
  }
}

bool lies_in(std::string const& key, std::string const& section) {
  return section.empty() || key == section || (key.starts_with(section) && (key[section.size()] == '.' || key[section.size()] == '['));
}

// What results that are older than these keys depend on, which counts as if nothing were said.
bool is_implied(std::string const& key, std::string const& value) {
  static Settings const implied{{"evaluator.quantiser.weights", "per_tensor"},
                                {"evaluator.quantiser.weight_ranges", "kl"},
                                {"evaluator.quantiser.activation_ranges", "kl"},
                                {"evaluator.quantiser.powers_of_two", "false"}};
  auto const found = implied.find(key);
  return found != implied.end() && found->second == value;
}

}  // namespace

Settings settings_of(std::string const& yaml, std::string const& source) {
  Settings settings;
  try {
    flatten(read_yaml(yaml, source), "", settings);
  } catch (Error const& e) {
    throw Error(Errc::data, e.what());
  }
  return settings;
}

Settings selected(Settings const& settings, std::vector<std::string> const& keys) {
  Settings result;
  for (auto const& [key, value] : settings)
    if (std::any_of(keys.begin(), keys.end(), [&key = key](auto const& section) { return lies_in(key, section); }) &&
        !is_implied(key, value))
      result[key] = value;
  return result;
}

}  // namespace apq::study
