#include "common/core/json_text.hpp"

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/record_file.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

namespace apq {
namespace {
using Json = nlohmann::json;

std::string nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

std::string refusal(std::string const& text, std::size_t first_line = 1) {
  try {
    parse_json(text, "f", first_line);
  } catch (JsonError const& e) {
    return e.what();
  }
  return "was read";
}

TEST(JsonText, ReadsWhatTheLibraryReads) {
  for (char const* text : {"null", "true", "-3", "18446744073709551615", "0.1", "\"a\\u00e9\"", "[]", "{}",
                           "[1, [2, {\"a\": [], \"b\": {}}], 3]", "{\"a\": {\"b\": {\"c\": 1}, \"d\": 2}, \"e\": [null, false]}"}) {
    EXPECT_EQ(parse_json(text, "f"), Json::parse(text)) << text;
    EXPECT_EQ(parse_ordered_json(text, "f"), nlohmann::ordered_json::parse(text)) << text;
  }
  EXPECT_EQ(parse_ordered_json(R"({"b": 1, "a": {"d": 1, "c": 2}})", "f").dump(), R"({"b":1,"a":{"d":1,"c":2}})");
}

TEST(JsonText, ByteOrderMarkCountsForNothing) { EXPECT_EQ(parse_json("\xEF\xBB\xBF[1]", "f"), Json::parse("[1]")); }

TEST(JsonText, DepthIsBounded) {
  EXPECT_EQ(parse_json(nested(max_json_depth), "f").dump(), nested(max_json_depth));
  EXPECT_EQ(refusal("\n" + nested(max_json_depth + 1)), "f:2: is nested too deeply (more than 64 levels)");
  EXPECT_EQ(refusal(nested(200'000)), "f:1: is nested too deeply (more than 64 levels)");
  EXPECT_EQ(refusal(std::string(200'000, '[')), "f:1: is nested too deeply (more than 64 levels)");
  std::string objects;
  for (int i = 0; i < 200'000; ++i) objects += "{\"a\":\n";
  EXPECT_EQ(refusal(objects), "f:65: is nested too deeply (more than 64 levels)");
}

TEST(JsonText, ErrorsStandOnTheirLine) {
  EXPECT_EQ(refusal("{\"a\": 1,\n\"b\": ?}").find("f:2: is not valid JSON (syntax error"), 0u) << refusal("{\"a\": 1,\n\"b\": ?}");
  EXPECT_EQ(refusal("[1,\n2\n", 40).find("f:42: is not valid JSON"), 0u) << refusal("[1,\n2\n", 40);
  EXPECT_EQ(refusal("[1\n]\n]").find("f:3: "), 0u);
  EXPECT_EQ(refusal("").find("f:1: "), 0u);
  EXPECT_EQ(refusal("[1e999]").find("f:1: is not valid JSON (number overflow"), 0u) << refusal("[1e999]");
  EXPECT_EQ(refusal("{\"a\": {\"b\": 1},\n \"a\": 2}"), "f:2: has the key \"a\" twice in one object");
  EXPECT_EQ(refusal("[{\"a\": 1}, {\"a\": 2}]"), "was read");
}

TEST(JsonText, RecordsAreBoundedToo) {
  test::TempDir const directory;
  auto const file = directory / "ledger.json";
  RecordFormat const format{"apq ledger", 1, "delete it"};
  auto const read = [&] { read_record(file, format, [](Json const&) {}); };
  replace_file(file, "{\"format\": " + nested(200'000) + "}");
  test::expect_error(Errc::data,
                     "ledger.json: is not whole JSON (cut or edited?): line 1 is nested too deeply (more than 64 levels); delete it", read);
  replace_file(file, "");
  test::expect_error(Errc::data, "ledger.json: is empty; delete it", read);
}

}  // namespace
}  // namespace apq
