#include "common/core/record_file.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/json_text.hpp"

namespace apq {

void write_record(std::filesystem::path const& file, RecordFormat const& format, Json content) {
  Json document{{"format", format.name}, {"format_version", format.version}};
  document.update(content);
  replace_file(file, document.dump(1) + "\n");
}

void read_record(std::filesystem::path const& file, RecordFormat const& format, std::function<void(Json const&)> const& read) {
  auto const fail = [&](std::string const& fault) {
    throw Error(Errc::data, fmt::format("{}: {}; {}", file.string(), fault, format.remedy));
  };
  auto const text = read_file(file);
  if (text.empty()) fail("is empty");
  Json document;
  try {
    document = parse_ordered_json(text, file.string());
  } catch (JsonError const& e) {
    fail(fmt::format("is not whole JSON (cut or edited?): line {} {}", e.line(), e.problem()));
  }
  if (!document.is_object()) fail(fmt::format("is not whole JSON (cut or edited?): a JSON {}, not an object", document.type_name()));
  auto const name = document.value("format", Json());
  if (name.is_null()) fail(fmt::format("is no record of apq (it has no \"format\"; \"{}\" is wanted)", format.name));
  if (name != format.name) fail(fmt::format("is not a record of \"{}\" but of {}", format.name, name.dump()));
  auto const version = document.value("format_version", Json());
  if (version != format.version) fail(fmt::format("is of format version {} (this apq reads {})", version.dump(), format.version));
  try {
    read(document);
  } catch (Json::exception const& e) {
    fail(fmt::format("is not what apq wrote ({})", problem_of(e)));
  } catch (Error const& e) {
    fail(fmt::format("is not what apq wrote ({})", e.what()));
  }
}

std::string problem_of(Json::exception const& exception) {
  std::string_view text = exception.what();
  if (auto const end = text.find("] "); text.starts_with('[') && end != text.npos) text.remove_prefix(end + 2);
  return std::string(text);
}

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
double number_or_nan(Json const& json) { return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>(); }

}  // namespace apq
