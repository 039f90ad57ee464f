#include "common/core/printable.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace apq {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t size = 0;  // bytes; 0: no UTF-8 begins here
};

// Well-formed sequences alone (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing past U+10FFFF.
Character character_at(std::string_view text, std::size_t at) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto const lead = byte(at);
  if (lead < 0x80) return {lead, 1};
  std::size_t const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || at + size > text.size()) return {};
  char32_t code = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(at + i) & 0x3fU);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < smallest[size] || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return {};
  return {code, size};
}

bool is_unprintable(char32_t code) {
  bool const is_control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  bool const breaks_lines = code == 0x2028 || code == 0x2029;
  bool const turns_direction = code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return is_control || breaks_lines || turns_direction;
}

std::string escape(char32_t code) {
  switch (code) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return code < 0x80 ? fmt::format("\\x{:02x}", static_cast<unsigned>(code)) : fmt::format("\\u{{{:x}}}", static_cast<unsigned>(code));
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    auto const character = character_at(text, at);
    if (character.size == 0) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at]));
    else if (is_unprintable(character.code)) out += escape(character.code);
    else out += text.substr(at, character.size);
    at += std::max<std::size_t>(character.size, 1);
  }
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  for (std::size_t start = 0; start < text.size();) {
    auto const end = std::min(text.find_first_of("\n\t", start), text.size());
    out += printable(text.substr(start, end - start));
    if (end < text.size()) out += text[end];
    start = end + 1;
  }
  return out;
}

std::size_t end_of_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    auto const size = character_at(text, at).size;
    if (size == 0) return at;
    at += size;
  }
  return at;
}

}  // namespace apq
