#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/config_node.hpp"
#include "common/core/error.hpp"

namespace apq {
namespace fs = std::filesystem;
namespace {

template <class T>
constexpr bool is_number = !std::is_same_v<T, bool> && !std::is_same_v<T, std::string>;

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

// Decimal, leading zeros or not, and 0x...: 0200 is two hundred, as it is typed.
template <class T>
std::optional<T> whole_number(std::string_view text) {
  bool const is_hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  std::size_t const prefix = is_hexadecimal ? 2 : text.starts_with('+') ? 1 : 0;
  text.remove_prefix(prefix);
  if (prefix > 0 && text.starts_with('-')) return std::nullopt;
  T value{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, is_hexadecimal ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <class T>
std::optional<T> convert(YAML::Node const& node) {
  if (!node.IsScalar()) return std::nullopt;
  try {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      // 1e6 and 80_000 are whole numbers to a person; fractions and overflow are not.
      std::string text = node.Scalar();
      std::erase(text, '_');
      if (text.find_first_of(".eE") != std::string::npos && !text.starts_with("0x")) {
        double const value = YAML::Node(text).as<double>();
        if (value != std::floor(value) || std::abs(value) > 9e15 || value < static_cast<double>(std::numeric_limits<T>::min()) ||
            value > static_cast<double>(std::numeric_limits<T>::max()))
          return std::nullopt;
        return static_cast<T>(value);
      }
      return whole_number<T>(text);
    } else {
      T value = node.as<T>();
      if constexpr (std::is_floating_point_v<T>)
        if (!std::isfinite(value)) return std::nullopt;
      if constexpr (std::is_same_v<T, std::string>)
        if (value.find('\r') != value.npos) return std::nullopt;  // yaml-cpp would write it, but not read it back
      return value;
    }
  } catch (YAML::Exception const&) {
    return std::nullopt;
  }
}

template <class T>
std::string range_text(Range<T> range) {
  bool const low = range.low != Range<T>{}.low || std::is_unsigned_v<T>;
  bool const high = range.high != Range<T>{}.high;
  if (low && high) return fmt::format("from {} to {}", show(range.low), show(range.high));
  if (low) return fmt::format("at least {}", show(range.low));
  return fmt::format("at most {}", show(range.high));
}

template <class T>
std::string allowed_text(Range<T> range) {
  if constexpr (is_number<T>)
    if (range.low != Range<T>{}.low || range.high != Range<T>{}.high) return fmt::format("{} {}", type_name<T>(), range_text(range));
  return type_name<T>();
}

template <class T>
std::string list_text(Range<T> range) {
  return "a list; each " + allowed_text(range);
}

template <class T>
YAML::Node flow_list(std::vector<T> const& values) {
  YAML::Node out(YAML::NodeType::Sequence);
  out.SetStyle(YAML::EmitterStyle::Flow);
  for (auto const& value : values) out.push_back(show(value));
  return out;
}

// A relative path is taken from the folder of the configuration file where `is_there` says so.
template <class F>
fs::path beside_file(fs::path const& value, fs::path const& folder, bool is_overridden, F const& is_there) {
  auto const beside = folder / value;
  return value.is_relative() && !is_overridden && is_there(beside) ? beside : value;
}

std::string const required = "required";

}  // namespace

void Config::describe(std::string const& key, Meaning meaning, std::string const& allowed, std::string const& fallback) {
  node_->descriptions[key] = {.key = key,
                              .is_section = false,
                              .text = std::string(meaning.text()),
                              .unit = std::string(meaning.unit()),
                              .allowed = allowed,
                              .fallback = meaning.fallback().empty() ? fallback : std::string(meaning.fallback())};
}

template <class T>
std::optional<T> Config::peek(std::string const& key) const {
  if (!has(key)) return std::nullopt;
  auto const yaml = node_->yaml[key];
  auto const value = convert<T>(yaml);
  if (!value)
    throw Error(Errc::config,
                fmt::format("{}{} is not {}", where(key), yaml.IsScalar() ? " = " + yaml.Scalar() : ": a list or mapping", type_name<T>()));
  return value;
}

template <class T>
T Config::get(std::string const& key, Range<T> range, Meaning meaning) {
  node_->known.push_back(key);
  describe(key, meaning, allowed_text(range), required);
  if (!has(key)) throw Error(Errc::config, fmt::format("{}: is missing; it must be {}", where(key), type_name<T>()));
  auto const value = *peek<T>(key);
  if constexpr (is_number<T>)
    if (value < range.low || value > range.high)
      throw Error(Errc::config,
                  fmt::format("{} = {} is out of range; it must be {}", where(key), node_->yaml[key].Scalar(), range_text(range)));
  node_->values[key] = YAML::Node(show(value));
  return value;
}

template <class T>
T Config::get_or(std::string const& key, T fallback, Range<T> range, Meaning meaning) {
  auto const told = show(fallback);
  if (has(key)) fallback = get<T>(key, range, meaning);
  node_->known.push_back(key);
  node_->values[key] = YAML::Node(show(fallback));
  describe(key, meaning, allowed_text(range), told.empty() ? "none" : told);
  return fallback;
}

template <class T>
std::vector<T> Config::list(std::string const& key, Range<T> range, Meaning meaning) {
  node_->known.push_back(key);
  describe(key, meaning, list_text(range), required);
  if (!has(key)) throw Error(Errc::config, fmt::format("{}: is missing; it must be a list", where(key)));
  auto const yaml = node_->yaml[key];
  std::vector<T> values;
  auto read = [&](YAML::Node const& item) {
    auto const value = convert<T>(item);
    auto const text = item.IsScalar() ? item.Scalar() : std::string(item.IsMap() ? "a mapping" : "a list");
    if (!value) throw Error(Errc::config, fmt::format("{}: {} is not {}", where(key), text, type_name<T>()));
    if constexpr (is_number<T>)
      if (*value < range.low || *value > range.high)
        throw Error(Errc::config, fmt::format("{} = {} is out of range; it must be {}", where(key), text, range_text(range)));
    values.push_back(*value);
  };
  if (yaml.IsSequence())
    for (auto const& item : yaml) read(item);
  else read(yaml);
  node_->values[key] = flow_list(values);
  return values;
}

template <class T>
std::vector<T> Config::list_or(std::string const& key, std::vector<T> fallback, Range<T> range, Meaning meaning) {
  auto const told = fmt::format("[{}]", fmt::join(fallback, ", "));
  auto values = has(key) ? list<T>(key, range, meaning) : std::move(fallback);
  node_->known.push_back(key);
  node_->values[key] = flow_list(values);
  describe(key, meaning, list_text(range), told);
  return values;
}

#define APQ_INSTANTIATE(T)                                                                           \
  template T Config::get<T>(std::string const&, Range<T>, Meaning);                                  \
  template T Config::get_or<T>(std::string const&, T, Range<T>, Meaning);                            \
  template std::vector<T> Config::list<T>(std::string const&, Range<T>, Meaning);                    \
  template std::vector<T> Config::list_or<T>(std::string const&, std::vector<T>, Range<T>, Meaning); \
  template std::optional<T> Config::peek<T>(std::string const&) const;
APQ_INSTANTIATE(int)
APQ_INSTANTIATE(std::int64_t)
APQ_INSTANTIATE(std::uint64_t)
APQ_INSTANTIATE(double)
APQ_INSTANTIATE(std::string)
#undef APQ_INSTANTIATE
template bool Config::get<bool>(std::string const&, Range<bool>, Meaning);
template bool Config::get_or<bool>(std::string const&, bool, Range<bool>, Meaning);
template std::optional<bool> Config::peek<bool>(std::string const&) const;

std::string Config::choice(std::string const& key, std::vector<std::string> const& choices, Meaning meaning) {
  auto const value = get<std::string>(key, meaning);
  describe(key, meaning, one_of(choices), required);
  if (std::find(choices.begin(), choices.end(), value) == choices.end())
    throw Error(Errc::config, fmt::format("{} = {} is unknown; choose one of: {}", where(key), value, fmt::join(choices, ", ")));
  return value;
}

std::string Config::choice_or(std::string const& key, std::string const& fallback, std::vector<std::string> const& choices,
                              Meaning meaning) {
  auto value = has(key) ? choice(key, choices, meaning) : get_or<std::string>(key, fallback, meaning);
  describe(key, meaning, one_of(choices), fallback);
  return value;
}

fs::path Config::path(std::string const& key, Meaning meaning) {
  fs::path const value = get<std::string>(key, meaning);
  describe(key, meaning, "a path", required);
  if (value.empty()) return value;
  std::error_code ec;
  bool const is_overridden = document_->overridden.contains(detail::dotted(node_->prefix, key));
  auto const chosen = beside_file(value, document_->directory, is_overridden, [&](fs::path const& p) { return document_->is_there(p); });
  // The resolved configuration moves into the study's directory: there only an absolute path means the same file.
  auto const absolute = fs::absolute(chosen, ec).lexically_normal();
  if (document_->is_there(absolute)) node_->values[key] = YAML::Node(absolute.string());
  return chosen;
}

fs::path Config::path_or(std::string const& key, fs::path const& fallback, Meaning meaning) {
  fs::path const value = has(key) ? path(key, meaning) : fs::path(get_or<std::string>(key, fallback.string(), meaning));
  describe(key, meaning, "a path", fallback.empty() ? "none" : fallback.string());
  return value;
}

std::vector<std::string> Config::path_patterns(std::string const& key, Meaning meaning) {
  auto patterns = list<std::string>(key, meaning);
  describe(key, meaning, "a path or a list of them, with wildcards or braces", required);
  YAML::Node out(YAML::NodeType::Sequence);
  bool const is_overridden = document_->overridden.contains(detail::dotted(node_->prefix, key));
  for (auto& pattern : patterns) {
    std::error_code ec;
    auto const chosen =
        beside_file(pattern, document_->directory, is_overridden, [&](fs::path const& p) { return document_->is_folder(p.parent_path()); });
    pattern = fs::absolute(chosen, ec).lexically_normal().string();
    out.push_back(pattern);
  }
  node_->values[key] = out;
  return patterns;
}

}  // namespace apq
