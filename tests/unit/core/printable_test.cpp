#include "common/core/printable.hpp"

#include <gtest/gtest.h>

namespace apq {
namespace {

TEST(Printable, KeepsTextOfAnyAlphabet) {
  for (auto const* text : {"", "plain.jpg", "Straße/été.png", "写真/猫.JPEG", "C:\\images\\a b.png", "🐈.webp"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, EscapesWhatMovesACursorOrBreaksALine) {
  EXPECT_EQ(printable("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(printable("\x1b[2Jname\x7f"), "\\x1b[2Jname\\x7f");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\u{9b}31m");  // the one-character form of ESC [
  EXPECT_EQ(printable("gpj.\xe2\x80\xae"
                      "exe"),
            "gpj.\\u{202e}exe");
  EXPECT_EQ(printable("a\xe2\x80\xa8"
                      "b"),
            "a\\u{2028}b");
}

TEST(Printable, EscapesBytesThatAreNoUtf8) {
  EXPECT_EQ(printable("caf\xe9.jpg"), "caf\\xe9.jpg");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // past the last character
  EXPECT_EQ(printable("cut \xe2\x82"), "cut \\xe2\\x82");
}

TEST(Printable, LinesStayLines) {
  EXPECT_EQ(printable_lines("a\x1b[1m\n\n\tb\r\n"), "a\\x1b[1m\n\n\tb\\r\n");
  EXPECT_EQ(printable_lines("no end"), "no end");
  EXPECT_EQ(printable_lines(""), "");
}

TEST(Printable, TwiceIsAsOnce) {
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  EXPECT_EQ(printable(printable(every)), printable(every));
  EXPECT_EQ(end_of_utf8(printable(every)), printable(every).size());
}

TEST(EndOfUtf8, IsTheFirstByteThatIsNone) {
  EXPECT_EQ(end_of_utf8("name: caf\xe9"), 9u);
  EXPECT_EQ(end_of_utf8("name: caf\xc3\xa9"), 11u);
}

}  // namespace
}  // namespace apq
