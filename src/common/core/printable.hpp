#pragma once

#include <string>
#include <string_view>

namespace apq {

/// `text` on one line of a terminal: control characters (line breaks and escape sequences among them), characters that turn the direction
/// of what follows, and bytes that are no UTF-8 become `\n`, `\t`, `\x1b`, `\u{202e}`. Everything else stays, other alphabets included.
/// For names that come from files and archives, and for whole messages that hold such names; twice is as once.
std::string printable(std::string_view text);

/// The same of a text of several lines, whose ends and tabs stay.
std::string printable_lines(std::string_view text);

/// Where `text` is no UTF-8 for the first time (byte offset); its size where it is UTF-8 throughout.
std::size_t end_of_utf8(std::string_view text);

}  // namespace apq
