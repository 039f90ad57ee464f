// Text of files for a terminal, and where it stops being UTF-8.
#include <charconv>

#include <nlohmann/json.hpp>

#include "common/core/printable.hpp"
#include "fuzz/target.hpp"

namespace apq::fuzz {
namespace {

// As another implementation sees it: nlohmann writes no JSON of what is no UTF-8.
bool is_utf8(std::string_view text) {
  try {
    return !nlohmann::json(text).dump().empty();
  } catch (nlohmann::json::exception const&) {
    return false;
  }
}

std::string utf8_of(unsigned code) {
  auto const byte = [](unsigned value) { return static_cast<char>(value); };
  if (code < 0x800) return {byte(0xc0 | code >> 6), byte(0x80 | (code & 0x3f))};
  return {byte(0xe0 | code >> 12), byte(0x80 | (code >> 6 & 0x3f)), byte(0x80 | (code & 0x3f))};
}

/// What printable() escaped, back; for texts without a backslash of their own.
std::string unescaped(std::string_view text) {
  std::string out;
  auto const hexadecimal = [&](std::size_t from, std::size_t size) {
    unsigned value = 0;
    auto const digits = text.substr(from, size);
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    require(error == std::errc() && end == digits.data() + digits.size(), "an escape without its digits");
    return value;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out += text[at];
      continue;
    }
    require(++at < text.size(), "an escape breaks off");
    if (text[at] == 'u') {
      auto const end = text.find('}', at);
      require(end != text.npos, "an escape breaks off");
      out += utf8_of(hexadecimal(at + 2, end - at - 2));
      at = end;
    } else if (text[at] == 'x') {
      out += static_cast<char>(hexadecimal(at + 1, 2));
      at += 2;
    } else {
      constexpr std::string_view letters = "nrt", meanings = "\n\r\t";
      auto const letter = letters.find(text[at]);
      require(letter != letters.npos, "an unknown escape");
      out += meanings[letter];
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> seeds() {
  using namespace std::string_literals;
  return {"model.pt", "Größe 图 \xF0\x9F\x98\x80 שלום", "a\nb\tc\r\x1b[31m\x7f\0 \\n"s,
          "\xff\xc0\x80 \xed\xa0\x80 \xf4\x90\x80\x80 \xe2\x82", "\u202e\u2028\u200f\u0085\u2066"};
}

void attempt(std::string_view input) {
  auto const end = end_of_utf8(input);
  require(is_utf8(input) == (end == input.size()), "UTF-8 is told otherwise than by another reader");
  require(is_utf8(input.substr(0, end)), "what stands before the end of UTF-8 is none");
  auto const shown = printable(input);
  require(is_utf8(shown), "what is shown is no UTF-8");
  for (unsigned char const c : shown) require(c >= 0x20 && c != 0x7f, "a control character is shown");
  for (auto const* character : {"\u0085", "\u009b", "\u2028", "\u2029", "\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069"})
    require(shown.find(character) == shown.npos, "a character that breaks or turns lines is shown");
  require(printable(shown) == shown, "twice is not as once");
  auto const lines = printable_lines(input);
  require(printable_lines(lines) == lines, "twice is not as once, in lines");
  if (input.find_first_of("\n\t") == input.npos) require(lines == shown, "one line is shown otherwise");
  if (input.find('\\') == input.npos) require(unescaped(shown) == input, "what is shown is another text");
}

}  // namespace apq::fuzz
