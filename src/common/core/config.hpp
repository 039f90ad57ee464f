#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/enum_names.hpp"
#include "common/core/meaning.hpp"

namespace apq {

/// Closed range of allowed values.
template <class T>
struct Range {
  T low = std::numeric_limits<T>::lowest();
  T high = std::numeric_limits<T>::max();
};

/// What reading a configuration asked of the file system, with the answers: whether a path is there, and whether it is a folder where it
/// ends in a slash.
using PathAnswers = std::map<std::string, bool>;

/// A checked reader of one YAML mapping. Every key that is asked for is noted, so that `finish()` can refuse the
/// others and `resolved()` can print the whole configuration with its defaults. Copies share the document.
///
/// Errors: Error(config) with `file:line: section.key = value ...; what would be right`.
/// T is one of bool, int, int64_t, uint64_t, double, std::string. Default, range, unit and meaning of a key stand together where it
/// is read, and nowhere else.
class Config {
 public:
  /// @throws Error(io) when unreadable, Error(config) when not YAML, or not a mapping.
  static Config load(std::filesystem::path const& file);
  static Config parse(std::string const& text, std::string const& name);
  /// `load` of a file whose content is known. What `answers` holds is not asked of the file system.
  static Config parse_file(std::string const& text, std::filesystem::path const& file, PathAnswers answers = {});

  /// `a.b=c` from the command line: a value is as it is typed, but for a list, a mapping or a quoted text, which are YAML, and null and ~,
  /// which are the default. Must come before the first `get`. `option`: what errors call it.
  void set(std::string const& assignment, std::string const& option = "--set");
  /// The value of an option that is a path or a name, whatever it looks like.
  void set_text(std::string const& key, std::string const& text, std::string const& option);

  /// Required key.
  template <class T>
  T get(std::string const& key, Range<T> range, Meaning meaning);
  template <class T>
  T get(std::string const& key, Meaning meaning) {
    return get<T>(key, Range<T>{}, meaning);
  }
  /// Optional key.
  template <class T>
  T get_or(std::string const& key, T fallback, Range<T> range, Meaning meaning);
  template <class T>
  T get_or(std::string const& key, T fallback, Meaning meaning) {
    return get_or<T>(key, std::move(fallback), Range<T>{}, meaning);
  }
  /// A list of scalars; a single scalar counts as a list of one. Every element must lie in `range`.
  template <class T>
  std::vector<T> list(std::string const& key, Range<T> range, Meaning meaning);
  template <class T>
  std::vector<T> list(std::string const& key, Meaning meaning) {
    return list<T>(key, Range<T>{}, meaning);
  }
  template <class T>
  std::vector<T> list_or(std::string const& key, std::vector<T> fallback, Range<T> range, Meaning meaning);
  template <class T>
  std::vector<T> list_or(std::string const& key, std::vector<T> fallback, Meaning meaning) {
    return list_or<T>(key, std::move(fallback), Range<T>{}, meaning);
  }
  /// A word out of `choices`, for tables that a configuration does not know; and one of an enumeration.
  std::string choice(std::string const& key, std::vector<std::string> const& choices, Meaning meaning);
  std::string choice_or(std::string const& key, std::string const& fallback, std::vector<std::string> const& choices, Meaning meaning);
  template <class E, std::size_t N>
  E choice_or(std::string const& key, E fallback, EnumNames<E, N> const& names, Meaning meaning) {
    return *names.find(choice_or(key, std::string(names(fallback)), names.all(), meaning));
  }

  bool has(std::string const& key) const;
  /// True when the value at `key` is a list (and not a mapping or scalar).
  bool is_list(std::string const& key) const;
  /// Present and a mapping of keys to values.
  bool is_section(std::string const& key) const;
  /// The value of a key that another reader describes, for a look into a file; it does not count as asked for. Absent: there is none.
  /// @throws Error(config) when it is not a T.
  template <class T>
  std::optional<T> peek(std::string const& key) const;
  /// A sub-mapping; one that is absent reads as empty, so that defaults apply.
  Config section(std::string const& key);
  Config section(std::string const& key, Meaning meaning);
  /// A list of mappings (required, at least one).
  std::vector<Config> sections(std::string const& key, Meaning meaning);

  /// A path: relative ones are taken from the folder of the configuration file when they exist there,
  /// else from the working directory.
  std::filesystem::path path(std::string const& key, Meaning meaning);
  std::filesystem::path path_or(std::string const& key, std::filesystem::path const& fallback, Meaning meaning);
  /// Paths whose last part may hold wildcards or braces, one or a list: relative ones are taken from the folder of the
  /// configuration file when their folder exists there, else from the working directory. They come back absolute.
  std::vector<std::string> path_patterns(std::string const& key, Meaning meaning);

  /// What `path` and `path_patterns` asked so far, and what they were told.
  PathAnswers const& path_answers() const;

  /// Refuses every key of this mapping and below that was never asked for, with the nearest known key.
  void finish() const;
  /// "file:line: section.key" of a key, for messages of rules that span several keys.
  std::string where(std::string const& key) const;
  /// Throws Error(config) "file:line: section.key = value: problem".
  [[noreturn]] void fail(std::string const& key, std::string const& problem) const;

  /// The document with all defaults filled in, as far as it was read; valid input for `parse`.
  std::string resolved() const;
  /// The same with a comment above every key: meaning, unit, what is allowed, default. Reads back to the same configuration.
  std::string commented() const;
  /// What was read, in that order, a section before its keys; of a list of sections the keys of all its items.
  std::vector<KeyDescription> described() const;

 private:
  struct Document;
  struct Node;
  void describe(std::string const& key, Meaning meaning, std::string const& allowed, std::string const& fallback);
  Config(std::shared_ptr<Document> document, std::shared_ptr<Node> node);
  std::shared_ptr<Document> document_;
  std::shared_ptr<Node> node_;
};

}  // namespace apq
