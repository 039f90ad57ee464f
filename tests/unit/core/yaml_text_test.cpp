#include "common/core/yaml_text.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "support/error_of.hpp"

namespace apq {
namespace {

std::string refusal(std::string const& text) {
  try {
    read_yaml(text, "c.yaml");
  } catch (Error const& e) {
    return e.what();
  }
  return "no error";
}

TEST(YamlText, ReadsOneDocument) {
  auto const many = [](char c) { return std::string(1000, c); };
  EXPECT_EQ(read_yaml("\xef\xbb\xbf"
                      "a: 1\r\nb: été\r\n",
                      "c.yaml")["b"]
                .Scalar(),
            "été");
  EXPECT_EQ(read_yaml("--- {a: 1}\n...\n", "c.yaml")["a"].Scalar(), "1");
  EXPECT_TRUE(read_yaml("# nothing\n", "c.yaml").IsNull());
  EXPECT_TRUE(read_yaml("", "c.yaml").IsNull());
  EXPECT_EQ(read_yaml("a: &x {k: 1}\nb: *x\nc: {k: 2}\n", "c.yaml")["b"]["k"].Scalar(), "1");
  EXPECT_EQ(read_yaml("a: '" + many('[') + "' # " + many('{') + "\n", "c.yaml")["a"].Scalar(), many('['));
}

TEST(YamlText, EveryKeyStandsOnce) {
  EXPECT_EQ(refusal("a: 1\nb: 2\na: 3\n"), "c.yaml:3: a is there twice, in line 1 as well; leave one of them out");
  EXPECT_EQ(refusal("a:\n  b: 1\n  'b': 2\n"), "c.yaml:3: b is there twice, in line 2 as well; leave one of them out");
  EXPECT_EQ(refusal("- {x: 1}\n- {x: 1, y: [1, {z: 1, z: 2}]}\n"), "c.yaml:2: z is there twice, in line 2 as well; leave one of them out");
  EXPECT_EQ(refusal("a: {x: 1}\nb: {x: 1}\n"), "no error");
  EXPECT_EQ(refusal("a: &k x\nx: 1\n*k : 2\n"), "c.yaml:3: a list or a mapping as a key; keys are words");
  EXPECT_EQ(refusal("? [a]\n: 1\n"), "c.yaml:1: a list or a mapping as a key; keys are words");
}

TEST(YamlText, ASecondDocumentIsRefused) {
  EXPECT_EQ(refusal("a: 1\n---\nb: 2\n"), "c.yaml:2: a second document begins here; one file holds one");
}

TEST(YamlText, OtherEncodingsAreNamedWithTheirLine) {
  EXPECT_EQ(refusal("a: 1\nname: caf\xe9\n"), "c.yaml:2: is not UTF-8 (byte 0xE9); save it as UTF-8, e.g. with iconv -f latin1 -t utf8");
  EXPECT_NE(refusal(std::string("\xff\xfe"
                                "a\0:\0",
                                6)),
            "no error");
  EXPECT_EQ(refusal(std::string("a: 1\nb\0:\0 \0", 11)),
            "c.yaml:2: holds a control character (byte 0x00), which no text has; save it as UTF-8");
  EXPECT_EQ(refusal(std::string("a\0:\0 \0"
                                "1\0",
                                8)),
            "c.yaml:1: holds a control character (byte 0x00), which no text has; save it as UTF-8");
  EXPECT_EQ(refusal("a: \x1b[31m\n"), "c.yaml:1: holds a control character (byte 0x1B), which no text has; save it as UTF-8");
  EXPECT_EQ(refusal("# of old Macs\ra: 1\r"),
            "c.yaml:1: holds a carriage return without a line feed; save it with the line ends of Linux or Windows");
  EXPECT_EQ(refusal("a: 1\r\nb: 2\r\r\n"),
            "c.yaml:2: holds a carriage return without a line feed; save it with the line ends of Linux or Windows");
  EXPECT_EQ(read_yaml("a: \"\\e[31m\"\n", "c.yaml")["a"].Scalar(), "\x1b[31m");
}

TEST(YamlText, EscapesThatAreMisreadAreRefused) {
  apq::test::expect_error(apq::Errc::config, "t.yaml:2: holds an escape", [] { read_yaml("a: 1\nb: \"'\\N\"\n", "t.yaml"); });
  apq::test::expect_error(apq::Errc::config, "t.yaml:1: holds a carriage return", [] { read_yaml("a: [\"\\r\", ~]\n", "t.yaml"); });
  apq::test::expect_error(apq::Errc::config, "t.yaml:1: holds an escape", [] { read_yaml("a: \"x\\_y\"\n", "t.yaml"); });
  EXPECT_EQ(read_yaml("a: \"\\u00a0\\x41\\L\"\n", "t.yaml")["a"].Scalar(),
            "\xC2\xA0"
            "A\xE2\x80\xA8");
}

TEST(YamlText, AliasesCountAsWhatTheyMean) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    text += fmt::format("a{0}: &a{0} [", i);
    for (int j = 0; j < 10; ++j) text += fmt::format("*a{}{}", i - 1, j < 9 ? ", " : "]\n");
  }
  EXPECT_EQ(refusal(text), "c.yaml:6: holds more than 200000 values, aliases written out");
  EXPECT_EQ(refusal("a: &a {b: *a}\n"), "c.yaml:1: an alias stands inside of what it means");
  EXPECT_EQ(refusal("a: &a [1, *a]\n"), "c.yaml:1: an alias stands inside of what it means");
}

TEST(YamlText, NestingIsBoundedInEveryStyle) {
  auto const repeated = [](std::string const& part) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += part;
    return text;
  };
  for (std::string const part : {"[", "{a: ", "- ", "? ", "? - ", "[ # ]\n"})
    EXPECT_NE(refusal("a:\n" + repeated(part)), "no error") << part;
  EXPECT_EQ(refusal("a: " + repeated("[") + repeated("]")), "c.yaml:1: is nested too deeply (more than 64 levels)");
  EXPECT_NE(refusal(repeated("&x ")), "no error");
  EXPECT_NE(refusal(repeated("!x ")), "no error");
}

}  // namespace
}  // namespace apq
