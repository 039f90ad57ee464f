#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apq {

/// Closed range of allowed values.
template <class T>
struct Range {
  T low = std::numeric_limits<T>::lowest();
  T high = std::numeric_limits<T>::max();
};

/// A checked reader of one YAML mapping. Every key that is asked for is noted, so that `finish()` can refuse the
/// others and `resolved()` can print the whole configuration with its defaults. Copies share the document.
///
/// Errors: Error(config) with `file:line: section.key = value ...; what would be right`.
/// T is one of bool, int, int64_t, uint64_t, double, std::string.
class Config {
 public:
  /// @throws Error(io) when unreadable, Error(config) when not YAML, or not a mapping.
  static Config load(std::filesystem::path const& file);
  static Config parse(std::string const& text, std::string const& name);

  /// `a.b=c` from the command line; the value is YAML. Must come before the first `get`.
  void set(std::string const& assignment);

  /// Required key.
  template <class T>
  T get(std::string const& key, Range<T> range = {});
  /// Optional key.
  template <class T>
  T get_or(std::string const& key, T fallback, Range<T> range = {});
  /// A word out of `choices`.
  std::string choice_or(std::string const& key, std::string const& fallback, std::vector<std::string> const& choices);
  /// A list of scalars; a single scalar counts as a list of one. Every element must lie in `range`.
  template <class T>
  std::vector<T> list(std::string const& key, Range<T> range = {});
  template <class T>
  std::vector<T> list_or(std::string const& key, std::vector<T> fallback, Range<T> range = {});

  bool has(std::string const& key) const;
  /// True when the value at `key` is a list (and not a mapping or scalar).
  bool is_list(std::string const& key) const;
  /// Present and a mapping of keys to values.
  bool is_section(std::string const& key) const;
  /// A sub-mapping; one that is absent reads as empty, so that defaults apply.
  Config section(std::string const& key);
  /// A list of mappings (required, at least one).
  std::vector<Config> sections(std::string const& key);

  /// A path: relative ones are taken from the folder of the configuration file when they exist there,
  /// else from the working directory.
  std::filesystem::path path(std::string const& key);
  std::filesystem::path path_or(std::string const& key, std::filesystem::path const& fallback);
  /// Paths whose last part may hold wildcards or braces, one or a list: relative ones are taken from the folder of the
  /// configuration file when their folder exists there, else from the working directory. They come back absolute.
  std::vector<std::string> path_patterns(std::string const& key);

  /// Refuses every key of this mapping and below that was never asked for, with the nearest known key.
  void finish() const;
  /// "file:line: section.key" of a key, for messages of rules that span several keys.
  std::string where(std::string const& key) const;
  /// Throws Error(config) "file:line: section.key = value: problem".
  [[noreturn]] void fail(std::string const& key, std::string const& problem) const;

  /// The document with all defaults filled in, as far as it was read; valid input for `parse`.
  std::string resolved() const;

 private:
  struct Document;
  struct Node;
  Config(std::shared_ptr<Document> document, std::shared_ptr<Node> node);
  std::shared_ptr<Document> document_;
  std::shared_ptr<Node> node_;
};

}  // namespace apq
