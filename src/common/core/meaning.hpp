#pragma once

#include <string>
#include <string_view>

namespace apq {

/// What a key of a configuration means, told where it is read: users find it in `--print-config` and docs/configuration.md. Made from
/// literals alone; one without text, or with a line break or `|` in it (they end a comment or a table's cell), does not compile.
class Meaning {
 public:
  /// @param text  one line, beginning with a capital, without a full stop at its end.
  /// @param unit  of the value; empty: it has none.
  /// @param fallback  told instead of the value that the reader falls back on, where that depends on other things or says little.
  consteval Meaning(char const* text, char const* unit = "", char const* fallback = "")  // NOLINT: implicit, so that a literal will do
      : text_(text), unit_(unit), fallback_(fallback) {
    if (text_.empty() || text_.front() < 'A' || text_.front() > 'Z') throw "a key needs a meaning, which begins with a capital";
    if (text_.back() == '.') throw "a meaning ends without a full stop";
    for (auto const part : {text_, unit_, fallback_})
      for (char const c : part)
        if (c == '\n' || c == '|') throw "a meaning is one line without |";
  }

  constexpr std::string_view text() const { return text_; }
  constexpr std::string_view unit() const { return unit_; }
  constexpr std::string_view fallback() const { return fallback_; }

 private:
  std::string_view text_, unit_, fallback_;
};

/// A key that was read, or a section, as users are told of it.
struct KeyDescription {
  std::string key;  ///< dotted: "collect.fp.samples", "search.constraints[].metric"
  bool is_section = false;
  std::string text, unit;
  std::string allowed;   ///< "a whole number from 1 to 100", "paper or complete"
  std::string fallback;  ///< its default, or "required"; empty for sections

  bool operator==(KeyDescription const&) const = default;
};

}  // namespace apq
