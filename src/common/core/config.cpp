#include "common/core/config.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/atomic_file.hpp"
#include "common/core/config_node.hpp"
#include "common/core/error.hpp"
#include "common/core/printable.hpp"
#include "common/core/yaml_text.hpp"

namespace apq {
namespace fs = std::filesystem;

using detail::dotted;
using detail::is_present;
namespace {

std::size_t edit_distance(std::string const& a, std::string const& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t const above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

// What stands behind the `=` of an assignment. Only a list, a mapping or a quoted text is YAML: in anything else `#`, `: `, `*` and the
// like are what they look like.
YAML::Node assigned_value(std::string const& text, std::string const& source) {
  if (text == "null" || text == "~") return YAML::Node(YAML::NodeType::Null);
  if (!text.empty() && std::string_view("[{'\"").find(text.front()) != std::string_view::npos) return read_yaml(text, source);
  return YAML::Node(text);
}

}  // namespace

Config::Config(std::shared_ptr<Document> document, std::shared_ptr<Node> node) : document_(std::move(document)), node_(std::move(node)) {}

Config Config::parse(std::string const& text, std::string const& name) {
  auto document = std::make_shared<Document>();
  document->name = name;
  document->root = read_yaml(text, name);
  if (document->root.IsNull()) document->root = YAML::Node(YAML::NodeType::Map);
  if (!document->root.IsMap()) throw Error(Errc::config, fmt::format("{}:1: must be a mapping of keys to values", name));
  auto node = std::make_shared<Node>();
  node->yaml = document->root;
  return {document, node};
}

Config Config::load(fs::path const& file) { return parse_file(read_file(file), file); }

Config Config::parse_file(std::string const& text, fs::path const& file, PathAnswers answers) {
  Config config = parse(text, file.string());
  config.document_->directory = file.parent_path();
  config.document_->path_answers = std::move(answers);
  return config;
}

PathAnswers const& Config::path_answers() const { return document_->path_answers; }

void Config::set(std::string const& assignment, std::string const& option) {
  auto const equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Error(Errc::config, fmt::format("{} {}: must look like section.key=value", option, assignment));
  auto const source = option + " " + assignment;
  auto const text = assignment.substr(equals + 1);
  if (text.empty()) throw Error(Errc::config, fmt::format("{}: the value is empty; '' is an empty text, null the default", source));
  if (end_of_utf8(text) != text.size()) throw Error(Errc::config, fmt::format("{}: the value is not UTF-8", source));
  document_->put(assignment.substr(0, equals), assigned_value(text, source), source);
}

void Config::set_text(std::string const& key, std::string const& text, std::string const& option) {
  auto const source = option + " " + text;
  if (end_of_utf8(text) != text.size()) throw Error(Errc::config, fmt::format("{}: is not UTF-8", source));
  document_->put(key, YAML::Node(text), source);
}

void Config::Document::put(std::string const& key, YAML::Node const& value, std::string const& source) {
  YAML::Node node = root;  // a handle: assignments reach the document
  std::size_t start = 0;
  for (;;) {
    auto const dot = key.find('.', start);
    auto const part = key.substr(start, dot == std::string::npos ? std::string::npos : dot - start);
    if (part.empty()) throw Error(Errc::config, fmt::format("{}: has an empty key", source));
    if (dot == std::string::npos) {
      node[part] = value;
      break;
    }
    if (!is_present(node, part)) node[part] = YAML::Node(YAML::NodeType::Map);
    YAML::Node next = node[part];
    if (!next.IsMap()) throw Error(Errc::config, fmt::format("{}: {} is a value, not a section", source, key.substr(0, dot)));
    node.reset(next);
    start = dot + 1;
  }
  overridden[key] = source;
}

std::string Config::where(std::string const& key) const {
  auto const full = dotted(node_->prefix, key);
  for (auto const& [name, origin] : document_->overridden)
    if (name == full || full.starts_with(name + ".")) return fmt::format("{}: {}", origin, full);
  int line = node_->yaml.IsDefined() ? node_->yaml.Mark().line : 0;
  if (node_->yaml.IsDefined() && node_->yaml.IsMap())
    for (auto const& entry : node_->yaml)
      if (entry.first.IsScalar() && entry.first.Scalar() == key) line = entry.first.Mark().line;
  return fmt::format("{}:{}: {}", document_->name, std::max(line, 0) + 1, full);
}

void Config::fail(std::string const& key, std::string const& problem) const {
  auto const node = is_present(node_->yaml, key) ? node_->yaml[key] : YAML::Node();
  auto const value = node.IsScalar() ? fmt::format(" = {}", node.Scalar()) : std::string();
  throw Error(Errc::config, fmt::format("{}{}: {}", where(key), value, problem));
}

bool Config::has(std::string const& key) const {
  node_->asked_whether_present.insert(key);
  return is_present(node_->yaml, key);
}
bool Config::is_list(std::string const& key) const { return has(key) && node_->yaml[key].IsSequence(); }
bool Config::is_section(std::string const& key) const { return has(key) && node_->yaml[key].IsMap(); }

Config Config::section(std::string const& key) {
  node_->known.push_back(key);
  if (auto const found = node_->children.find(key); found != node_->children.end()) return {document_, found->second.front()};
  auto child = std::make_shared<Node>();
  child->prefix = dotted(node_->prefix, key);
  child->yaml = has(key) ? YAML::Node(node_->yaml[key]) : YAML::Node(YAML::NodeType::Map);
  if (!child->yaml.IsMap()) fail(key, "is a value; it must be a section of keys and values");
  node_->children[key] = {child};
  node_->child_is_list[key] = false;
  return {document_, child};
}

Config Config::section(std::string const& key, Meaning meaning) {
  describe(key, meaning, "a section", {});
  node_->descriptions[key].is_section = true;
  return section(key);
}

std::vector<Config> Config::sections(std::string const& key, Meaning meaning) {
  node_->known.push_back(key);
  describe(key, meaning, "a list of sections", {});
  node_->descriptions[key].is_section = true;
  if (!has(key) || !node_->yaml[key].IsSequence() || node_->yaml[key].size() == 0)
    throw Error(Errc::config, fmt::format("{}: must be a list of at least one section, each - {{key: value, ...}}", where(key)));
  auto& children = node_->children[key];
  children.clear();
  node_->child_is_list[key] = true;
  std::vector<Config> result;
  for (auto const& item : node_->yaml[key]) {
    auto child = std::make_shared<Node>();
    child->prefix = fmt::format("{}[{}]", dotted(node_->prefix, key), children.size());
    child->yaml.reset(item);
    if (!item.IsMap())
      throw Error(Errc::config,
                  fmt::format("{}:{}: {} must be a section of keys and values", document_->name, item.Mark().line + 1, child->prefix));
    children.push_back(child);
    result.push_back(Config(document_, child));
  }
  return result;
}

void Config::finish() const {
  if (node_->yaml.IsDefined() && node_->yaml.IsMap())
    for (auto const& entry : node_->yaml) {
      auto const key = entry.first.IsScalar() ? entry.first.Scalar() : std::string("?");
      auto known = node_->known;
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      // `constraints:` without a value is as if it were not there, like every other key; its reader says so where it is needed.
      auto const& asked = node_->asked_whether_present;
      if (entry.second.IsNull() && asked.contains(key)) continue;
      std::copy_if(asked.begin(), asked.end(), std::back_inserter(known), [&](auto const& other) { return other != key; });
      auto const nearest = std::min_element(known.begin(), known.end(),
                                            [&](auto const& a, auto const& b) { return edit_distance(a, key) < edit_distance(b, key); });
      std::string hint = "it is not a key of this section";
      if (nearest != known.end() && edit_distance(*nearest, key) <= std::max<std::size_t>(2, key.size() / 3))
        hint = fmt::format("did you mean {}?", *nearest);
      else if (!known.empty()) {
        auto sorted = known;
        std::sort(sorted.begin(), sorted.end());
        sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
        hint = fmt::format("the keys here are {}", fmt::join(sorted, ", "));
      }
      throw Error(Errc::config, fmt::format("{}: unknown key; {}", where(key), hint));
    }
  for (auto const& [key, list] : node_->children)
    for (auto const& child : list) Config(document_, child).finish();
}

}  // namespace apq
