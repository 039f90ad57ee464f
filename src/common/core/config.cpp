#include "common/core/config.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"

namespace apq {
namespace fs = std::filesystem;

struct Config::Document {
  std::string name;    // as printed in messages
  fs::path directory;  // for relative paths
  YAML::Node root;
  std::map<std::string, std::string> overridden;  // dotted key -> the assignment it came from
};

// The mapping a Config reads, its dotted name, what was asked for and with what result.
struct Config::Node {
  std::string prefix;
  YAML::Node yaml;  // may be undefined: an absent section
  std::vector<std::string> known;
  std::map<std::string, YAML::Node> values;                            // resolved scalars and lists
  std::map<std::string, std::vector<std::shared_ptr<Node>>> children;  // sections
  std::map<std::string, bool> child_is_list;
};

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

// Nesting and aliases are limited before the parser sees the text: both can exhaust the stack or the memory.
void refuse_hostile(std::string const& text, std::string const& name) {
  if (text.size() > (std::size_t{16} << 20))
    throw Error(Errc::config, fmt::format("{}: is larger than 16 MiB (a configuration is a few KiB)", name));
  int depth = 0;
  int deepest = 0;
  for (char c : text) {
    if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
    if (c == ']' || c == '}') --depth;
  }
  std::size_t longest_indent = 0;
  for (std::size_t start = 0; start < text.size();) {
    std::size_t const end = std::min(text.find('\n', start), text.size());
    std::size_t indent = start;
    while (indent < end && (text[indent] == ' ' || text[indent] == '-')) ++indent;
    longest_indent = std::max(longest_indent, indent - start);
    start = end + 1;
  }
  if (deepest > 64 || longest_indent > 512) throw Error(Errc::config, fmt::format("{}: is nested too deeply (more than 64 levels)", name));
}

std::string dotted(std::string const& prefix, std::string const& key) { return prefix.empty() ? key : prefix + "." + key; }

template <class T>
constexpr char const* type_name() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  else if constexpr (std::is_integral_v<T>) return "a whole number";
  else if constexpr (std::is_floating_point_v<T>) return "a number";
  else return "a text";
}

template <class T>
std::string show(T const& value) {
  return fmt::format("{}", value);
}

// yaml-cpp's const operator[] on a missing key gives a "zombie" node, for which IsDefined() is false.
bool present(YAML::Node const& map, std::string const& key) {
  return map.IsDefined() && map.IsMap() && map[key].IsDefined() && !map[key].IsNull();
}

}  // namespace

Config::Config(std::shared_ptr<Document> document, std::shared_ptr<Node> node) : document_(std::move(document)), node_(std::move(node)) {}

Config Config::parse(std::string const& text, std::string const& name) {
  refuse_hostile(text, name);
  auto document = std::make_shared<Document>();
  document->name = name;
  try {
    document->root = YAML::Load(text);
  } catch (YAML::Exception const& e) {
    throw Error(Errc::config, fmt::format("{}:{}: is not valid YAML ({})", name, e.mark.line + 1, e.msg));
  }
  if (document->root.IsNull()) document->root = YAML::Node(YAML::NodeType::Map);
  if (!document->root.IsMap()) throw Error(Errc::config, fmt::format("{}:1: must be a mapping of keys to values", name));
  auto node = std::make_shared<Node>();
  node->yaml = document->root;
  return {document, node};
}

Config Config::load(fs::path const& file) {
  Config config = parse(read_file(file), file.string());
  config.document_->directory = file.parent_path();
  return config;
}

void Config::set(std::string const& assignment) {
  auto const equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Error(Errc::config, fmt::format("--set {}: must look like section.key=value", assignment));
  auto const key = assignment.substr(0, equals);
  YAML::Node value;
  try {
    value = YAML::Load(assignment.substr(equals + 1));
  } catch (YAML::Exception const& e) {
    throw Error(Errc::config, fmt::format("--set {}: the value is not valid YAML ({})", assignment, e.msg));
  }
  YAML::Node node = document_->root;  // a handle: assignments reach the document
  std::size_t start = 0;
  for (;;) {
    auto const dot = key.find('.', start);
    auto const part = key.substr(start, dot == std::string::npos ? std::string::npos : dot - start);
    if (part.empty()) throw Error(Errc::config, fmt::format("--set {}: has an empty key", assignment));
    if (dot == std::string::npos) {
      node[part] = value;
      break;
    }
    if (!present(node, part)) node[part] = YAML::Node(YAML::NodeType::Map);
    YAML::Node next = node[part];
    if (!next.IsMap()) throw Error(Errc::config, fmt::format("--set {}: {} is a value, not a section", assignment, key.substr(0, dot)));
    node.reset(next);
    start = dot + 1;
  }
  document_->overridden[key] = "--set " + assignment;
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
  auto const node = present(node_->yaml, key) ? node_->yaml[key] : YAML::Node();
  auto const value = node.IsScalar() ? fmt::format(" = {}", node.Scalar()) : std::string();
  throw Error(Errc::config, fmt::format("{}{}: {}", where(key), value, problem));
}

bool Config::has(std::string const& key) const { return present(node_->yaml, key); }
bool Config::is_list(std::string const& key) const { return has(key) && node_->yaml[key].IsSequence(); }
bool Config::is_section(std::string const& key) const { return has(key) && node_->yaml[key].IsMap(); }

namespace {

template <class T>
std::optional<T> convert(YAML::Node const& node) {
  if (!node.IsScalar()) return std::nullopt;
  try {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      // 1e6 and 80_000 are whole numbers to a person; fractions and overflow are not.
      std::string text = node.Scalar();
      std::erase(text, '_');
      if (std::is_unsigned_v<T> && text.starts_with('-')) return std::nullopt;
      if (text.find_first_of(".eE") != std::string::npos && !text.starts_with("0x")) {
        double const value = YAML::Node(text).as<double>();
        if (value != std::floor(value) || std::abs(value) > 9e15 || value < static_cast<double>(std::numeric_limits<T>::min()) ||
            value > static_cast<double>(std::numeric_limits<T>::max()))
          return std::nullopt;
        return static_cast<T>(value);
      }
      return YAML::Node(text).as<T>();
    } else {
      T value = node.as<T>();
      if constexpr (std::is_floating_point_v<T>)
        if (!std::isfinite(value)) return std::nullopt;
      return value;
    }
  } catch (YAML::Exception const&) {
    return std::nullopt;
  }
}

template <class T>
std::string range_text(Range<T> range) {
  bool const low = range.low != Range<T>{}.low;
  bool const high = range.high != Range<T>{}.high;
  if (low && high) return fmt::format("from {} to {}", show(range.low), show(range.high));
  if (low) return fmt::format("at least {}", show(range.low));
  return fmt::format("at most {}", show(range.high));
}

}  // namespace

template <class T>
std::vector<T> Config::list(std::string const& key, Range<T> range) {
  node_->known.push_back(key);
  if (!has(key)) throw Error(Errc::config, fmt::format("{}: is missing; it must be a list", where(key)));
  auto const yaml = node_->yaml[key];
  std::vector<T> values;
  auto read = [&](YAML::Node const& item) {
    auto const value = convert<T>(item);
    auto const text = item.IsScalar() ? item.Scalar() : std::string(item.IsMap() ? "a mapping" : "a list");
    if (!value) throw Error(Errc::config, fmt::format("{}: {} is not {}", where(key), text, type_name<T>()));
    if constexpr (!std::is_same_v<T, bool> && !std::is_same_v<T, std::string>)
      if (*value < range.low || *value > range.high)
        throw Error(Errc::config, fmt::format("{} = {} is out of range; it must be {}", where(key), text, range_text(range)));
    values.push_back(*value);
  };
  if (yaml.IsSequence())
    for (auto const& item : yaml) read(item);
  else read(yaml);
  YAML::Node out(YAML::NodeType::Sequence);
  out.SetStyle(YAML::EmitterStyle::Flow);
  for (auto const& value : values) out.push_back(show(value));
  node_->values[key] = out;
  return values;
}

template <class T>
std::vector<T> Config::list_or(std::string const& key, std::vector<T> fallback, Range<T> range) {
  if (has(key)) return list<T>(key, range);
  node_->known.push_back(key);
  YAML::Node out(YAML::NodeType::Sequence);
  out.SetStyle(YAML::EmitterStyle::Flow);
  for (auto const& value : fallback) out.push_back(show(value));
  node_->values[key] = out;
  return fallback;
}

template <class T>
T Config::get(std::string const& key, Range<T> range) {
  node_->known.push_back(key);
  if (!has(key)) {
    std::string const expected = type_name<T>();
    throw Error(Errc::config, fmt::format("{}: is missing; it must be {}", where(key), expected));
  }
  auto const yaml = node_->yaml[key];
  auto const value = convert<T>(yaml);
  if (!value)
    throw Error(Errc::config,
                fmt::format("{}{} is not {}", where(key), yaml.IsScalar() ? " = " + yaml.Scalar() : ": a list or mapping", type_name<T>()));
  if constexpr (!std::is_same_v<T, bool> && !std::is_same_v<T, std::string>)
    if (*value < range.low || *value > range.high)
      throw Error(Errc::config, fmt::format("{} = {} is out of range; it must be {}", where(key), yaml.Scalar(), range_text(range)));
  node_->values[key] = YAML::Node(show(*value));
  return *value;
}

template <class T>
T Config::get_or(std::string const& key, T fallback, Range<T> range) {
  if (has(key)) return get<T>(key, range);
  node_->known.push_back(key);
  node_->values[key] = YAML::Node(show(fallback));
  return fallback;
}

#define APQ_INSTANTIATE(T)                                               \
  template T Config::get<T>(std::string const&, Range<T>);               \
  template T Config::get_or<T>(std::string const&, T, Range<T>);         \
  template std::vector<T> Config::list<T>(std::string const&, Range<T>); \
  template std::vector<T> Config::list_or<T>(std::string const&, std::vector<T>, Range<T>);
APQ_INSTANTIATE(int)
APQ_INSTANTIATE(std::int64_t)
APQ_INSTANTIATE(std::uint64_t)
APQ_INSTANTIATE(double)
APQ_INSTANTIATE(std::string)
#undef APQ_INSTANTIATE
template bool Config::get<bool>(std::string const&, Range<bool>);
template bool Config::get_or<bool>(std::string const&, bool, Range<bool>);

std::string Config::choice_or(std::string const& key, std::string const& fallback, std::vector<std::string> const& choices) {
  auto const value = get_or<std::string>(key, fallback);
  if (std::find(choices.begin(), choices.end(), value) == choices.end())
    throw Error(Errc::config, fmt::format("{} = {} is unknown; choose one of: {}", where(key), value, fmt::join(choices, ", ")));
  return value;
}

fs::path Config::path(std::string const& key) {
  fs::path const value = get<std::string>(key);
  if (value.empty()) return value;
  std::error_code ec;
  bool const is_relative_to_file = !document_->overridden.contains(dotted(node_->prefix, key));
  auto const beside = document_->directory / value;
  auto const chosen = value.is_relative() && is_relative_to_file && fs::exists(beside, ec) ? beside : value;
  // The resolved configuration moves into the study's directory: there only an absolute path means the same file.
  auto const absolute = fs::absolute(chosen, ec).lexically_normal();
  if (fs::exists(absolute, ec)) node_->values[key] = YAML::Node(absolute.string());
  return chosen;
}

fs::path Config::path_or(std::string const& key, fs::path const& fallback) {
  if (has(key)) return path(key);
  return get_or<std::string>(key, fallback.string());
}

std::vector<std::string> Config::path_patterns(std::string const& key) {
  auto patterns = list<std::string>(key);
  YAML::Node out(YAML::NodeType::Sequence);
  for (auto& pattern : patterns) {
    fs::path const value = pattern;
    std::error_code ec;
    bool const is_relative_to_file = !document_->overridden.contains(dotted(node_->prefix, key));
    auto const beside = document_->directory / value;
    auto const chosen = value.is_relative() && is_relative_to_file && fs::is_directory(beside.parent_path(), ec) ? beside : value;
    pattern = fs::absolute(chosen, ec).lexically_normal().string();
    out.push_back(pattern);
  }
  node_->values[key] = out;
  return patterns;
}

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

std::vector<Config> Config::sections(std::string const& key) {
  node_->known.push_back(key);
  if (!has(key) || !node_->yaml[key].IsSequence() || node_->yaml[key].size() == 0)
    throw Error(Errc::config, fmt::format("{}: must be a list of sections", where(key)));
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
      auto const& known = node_->known;
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
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

std::string Config::resolved() const {
  auto build = [](auto const& self, Node const& node) -> YAML::Node {
    YAML::Node out(YAML::NodeType::Map);
    std::vector<std::string> done;
    for (auto const& key : node.known) {
      if (std::find(done.begin(), done.end(), key) != done.end()) continue;
      done.push_back(key);
      if (auto const value = node.values.find(key); value != node.values.end()) {
        out[key] = value->second;
      } else if (auto const child = node.children.find(key); child != node.children.end()) {
        if (node.child_is_list.at(key))
          for (auto const& item : child->second) out[key].push_back(self(self, *item));
        else out[key] = self(self, *child->second.front());
      }
    }
    return out;
  };
  YAML::Emitter emitter;
  emitter << build(build, *node_);
  return std::string(emitter.c_str()) + "\n";
}

}  // namespace apq
