// The door for texts of JSON.
#include "common/core/json_text.hpp"
#include "fuzz/target.hpp"

namespace apq::fuzz {

std::vector<std::string> seeds() {
  return {R"({"a": [1, -2, 3.5e-3, 18446744073709551615, true, null], "b": {"c": "x\u00e9\ud83d\ude00\n"}})", "\xEF\xBB\xBF[]\n", "0.1",
          std::string(60, '[') + std::string(60, ']'), R"({"": {"": {"": [[], {}]}}})"};
}

void attempt(std::string_view input) {
  using Json = nlohmann::json;
  auto const value = parse_json(input, "t.json");
  auto const text = input.starts_with("\xEF\xBB\xBF") ? input.substr(3) : input;
  require(value == Json::parse(text), "nlohmann reads another value");
  require(parse_json(value.dump(), "again.json") == value, "what is written is read as another value");
  auto const ordered = parse_ordered_json(input, "t.json");
  auto const written = ordered.dump(1);
  require(parse_ordered_json(written, "again.json").dump(1) == written, "what is written in order is read as another value");
  require(parse_json(written, "again.json") == value, "in order it is another value");
}

}  // namespace apq::fuzz
