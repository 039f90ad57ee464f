#include "dataset/croissant.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "collect/row_columns.hpp"
#include "dataset/citation.hpp"
#include "dataset/statements.hpp"

namespace apq::dataset {
namespace {

/// The context that the format's own validator takes for the standard one.
Json context() {
  Json terms{{"@language", "en"},
             {"@vocab", "https://schema.org/"},
             {"cr", "http://mlcommons.org/croissant/"},
             {"rai", "http://mlcommons.org/croissant/RAI/"},
             {"dct", "http://purl.org/dc/terms/"},
             {"sc", "https://schema.org/"},
             {"conformsTo", "dct:conformsTo"},
             {"data", {{"@id", "cr:data"}, {"@type", "@json"}}},
             {"dataType", {{"@id", "cr:dataType"}, {"@type", "@vocab"}}},
             {"examples", {{"@id", "cr:examples"}, {"@type", "@json"}}},
             {"name", {{"@container", "@language"}}},
             {"description", {{"@container", "@language"}}}};
  for (char const* term : {"arrayShape", "citeAs",   "column",       "containedIn",   "equivalentProperty",
                           "extract",    "field",    "fileProperty", "fileObject",    "fileSet",
                           "format",     "includes", "isArray",      "isLiveDataset", "jsonPath",
                           "key",        "md5",      "parentField",  "path",          "recordSet",
                           "references", "regex",    "repeated",     "replace",       "samplingRate",
                           "separator",  "source",   "subField",     "transform"})
    terms[term] = fmt::format("cr:{}", term);
  return terms;
}

std::string encoding_of(std::string const& path) {
  auto const ends = [&](char const* end) { return path.ends_with(end); };
  if (ends(".csv")) return "text/csv";
  if (ends(".jsonl")) return "application/jsonlines";
  if (ends(".json")) return "application/json";
  if (ends(".h5")) return "application/x-hdf5";
  if (ends(".yaml") || ends(".cff")) return "application/yaml";
  return ends(".md") ? "text/markdown" : "text/plain";
}

Json file_object(PublishedFile const& file) {
  return {{"@type", "cr:FileObject"},
          {"@id", file.path},
          {"name", file.path},
          {"contentUrl", file.path},
          {"contentSize", fmt::format("{} B", file.bytes)},
          {"encodingFormat", encoding_of(file.path)},
          {"sha256", file.sha256}};
}

char const* data_type_of(collect::ColumnKind kind) {
  switch (kind) {
    case collect::ColumnKind::count:
      return "sc:Integer";
    case collect::ColumnKind::fraction:
    case collect::ColumnKind::number:
      return "sc:Float";
    case collect::ColumnKind::text:
    case collect::ColumnKind::list:
    case collect::ColumnKind::subnet:
      break;
  }
  return "sc:Text";
}

Json record_set(StageFacts const& stage) {
  auto const id = "rows_" + stage.header.stage;
  auto fields = Json::array();
  for (auto const* column : collect::standard_columns())
    fields.push_back(
        {{"@type", "cr:Field"},
         {"@id", id + "/" + column->name},
         {"name", column->name},
         {"description", column->unit.empty() ? column->meaning : fmt::format("{} ({})", column->meaning, column->unit)},
         {"dataType", data_type_of(column->kind)},
         {"source", {{"fileObject", {{"@id", rows_file(stage.header.stage, "csv")}}}, {"extract", {{"column", column->name}}}}}});
  return {{"@type", "cr:RecordSet"},
          {"@id", id},
          {"name", id},
          {"description", fmt::format("{} rows of stage {}. {}", stage.summary.rows, stage.header.stage, labels_of(stage))},
          {"key", {{"@id", id + "/id"}}},
          {"field", fields}};
}

Json creators(Publication const& said) {
  auto all = Json::array();
  for (auto const& author : said.authors) all.push_back({{"@type", "sc:Person"}, {"name", author}});
  if (all.empty()) all.push_back({{"@type", "sc:Organization"}, {"name", not_declared}});
  return all;
}

/// A statement of each stage, with its name before it.
std::vector<std::string> of_stages(PublishedFacts const& facts, std::string (*say)(StageFacts const&)) {
  std::vector<std::string> all;
  for (auto const& stage : facts.stages) all.push_back(stage.header.stage + ": " + say(stage));
  return all;
}

std::string joined(std::vector<std::string> const& texts) { return fmt::format("{}", fmt::join(texts, " ")); }

void add_responsible_ai(Json& json, PublishedFacts const& facts) {
  std::vector<std::string> types, tools;
  for (auto const& stage : facts.stages) {
    types.emplace_back(stage.is_table() ? "Secondary Data analysis" : "Experiments");
    tools.push_back(fmt::format("{}: engine {}, {}", stage.header.stage, stage.header.engine, stage.header.libraries));
  }
  json["rai:dataCollection"] = joined(of_stages(facts, collection_of));
  json["rai:dataCollectionType"] = types;
  json["rai:dataCollectionMissingData"] = joined(of_stages(facts, missing_of));
  json["rai:dataAnnotationProtocol"] = of_stages(facts, labels_of);
  json["rai:dataAnnotationAnalysis"] = of_stages(facts, noise_of);
  json["rai:machineAnnotationTools"] = tools;
  json["rai:dataLimitations"] = limits_of(facts);
  json["rai:dataBiases"] = biases_of(facts);
  json["rai:personalSensitiveInformation"] = Json::array({personal_information()});
  json["rai:dataUseCases"] = Json::array(
      {"Training and comparing predictors of accuracy, searching among these subnets, transfer from full precision to bit widths."});
  json["rai:dataReleaseMaintenancePlan"] = "A release never changes; other rows are another release, with another content hash.";
}

}  // namespace

Json croissant_of(PublishedFacts const& facts, std::vector<PublishedFile> const& files) {
  auto const& said = facts.said;
  Json json{{"@context", context()},
            {"@type", "sc:Dataset"},
            {"conformsTo", Json::array({"http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"})},
            {"name", said.name},
            {"description", summary_of(facts)},
            {"version", said.release},
            {"datePublished", said.date},
            {"license", said.license.empty() ? not_declared : license_url(said.license)},
            {"creator", creators(said)},
            {"citeAs", bibtex_of(said)},
            {"isLiveDataset", false},
            {"keywords", {"neural architecture search", "mixed precision", "accuracy prediction", "once-for-all"}}};
  if (!said.url.empty()) json["url"] = said.url;
  json["distribution"] = Json::array();
  for (auto const& file : files) json["distribution"].push_back(file_object(file));
  json["recordSet"] = Json::array();
  for (auto const& stage : facts.stages) json["recordSet"].push_back(record_set(stage));
  add_responsible_ai(json, facts);
  return json;
}

}  // namespace apq::dataset
