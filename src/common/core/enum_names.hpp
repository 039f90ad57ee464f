#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apq {

/// The values of an enumeration and the words that users, files and messages have for them, in one place:
///     inline constexpr EnumNames<Colour, 2> colour_names({{Colour::red, "red"}, {Colour::blue, "blue"}});
template <class E, std::size_t N>
class EnumNames {
 public:
  struct Entry {
    E value;
    std::string_view name;
  };
  constexpr explicit EnumNames(Entry const (&entries)[N]) {
    for (std::size_t i = 0; i < N; ++i) entries_[i] = entries[i];
  }
  /// @param value  must be listed.
  constexpr std::string_view operator()(E value) const {
    for (auto const& entry : entries_)
      if (entry.value == value) return entry.name;
    return {};
  }
  constexpr std::optional<E> find(std::string_view name) const {
    for (auto const& entry : entries_)
      if (entry.name == name) return entry.value;
    return std::nullopt;
  }
  /// In the order listed.
  std::vector<std::string> all() const {
    std::vector<std::string> names;
    for (auto const& entry : entries_) names.emplace_back(entry.name);
    return names;
  }

 private:
  std::array<Entry, N> entries_{};
};

}  // namespace apq
