#include "dataset/published_folder.hpp"

#include <map>

#include <fmt/format.h>

namespace apq::dataset {
namespace {

Json json_of(PublishedRecord::Stage const& stage) {
  Json json{{"rows", stage.rows}, {"content_hash", stage.content_hash}};
  h5::for_each_text(stage.header, [&](std::string const& name, std::string const& text) {
    if (name != "config") json[name] = text;
  });
  json["seed"] = stage.header.seed;
  json["num_genes"] = stage.header.num_genes;
  json["identity"] = stage.header.identity;
  return json;
}

PublishedRecord::Stage stage_of(Json const& json) {
  PublishedRecord::Stage stage;
  stage.rows = whole_number<std::size_t>(json.at("rows"));
  stage.content_hash = json.at("content_hash").get<std::string>();
  h5::for_each_text(stage.header, [&](std::string const& name, std::string& text) {
    if (name != "config") text = json.at(name).get<std::string>();
  });
  stage.header.seed = whole_number<std::uint64_t>(json.at("seed"));
  stage.header.num_genes = whole_number<int>(json.at("num_genes"));
  stage.header.identity = json.at("identity").get<std::map<std::string, std::string>>();
  if (stage.header.stage != "fp" && stage.header.stage != "quant")
    throw Error(Errc::data, fmt::format("stage {} is neither fp nor quant", stage.header.stage));
  return stage;
}

}  // namespace

PublishedRecord record_of(PublishedFacts const& facts) {
  PublishedRecord record{.name = facts.said.name,
                         .release = facts.said.release,
                         .date = facts.said.date,
                         .license = facts.said.license,
                         .content_hash = facts.content_hash,
                         .split = {facts.stages.front().split.seed, facts.stages.front().split.held_out_fraction}};
  for (auto const& stage : facts.stages) record.stages.push_back({stage.summary.rows, stage.summary.content_hash, stage.header});
  return record;
}

bool is_published(std::filesystem::path const& folder) { return std::filesystem::exists(folder / record_file); }

void write_published(std::filesystem::path const& folder, PublishedRecord const& record) {
  Json json{{"name", record.name},
            {"release", record.release},
            {"date", record.date},
            {"license", record.license.empty() ? Json() : Json(record.license)},
            {"content_hash", record.content_hash},
            {"seed", record.split.seed},
            {"held_out_fraction", record.split.held_out_fraction},
            {"stages", Json::array()}};
  for (auto const& stage : record.stages) json["stages"].push_back(json_of(stage));
  write_record(folder / record_file, published_format, json);
}

PublishedRecord read_published(std::filesystem::path const& folder) {
  PublishedRecord record;
  read_record(folder / record_file, published_format, [&](Json const& json) {
    record.name = json.at("name").get<std::string>();
    record.release = json.at("release").get<std::string>();
    record.date = json.at("date").get<std::string>();
    if (!json.at("license").is_null()) record.license = json.at("license").get<std::string>();
    record.content_hash = json.at("content_hash").get<std::string>();
    record.split = {whole_number<std::uint64_t>(json.at("seed")), json.at("held_out_fraction").get<double>()};
    for (auto const& stage : json.at("stages")) record.stages.push_back(stage_of(stage));
    if (record.stages.empty()) throw Error(Errc::data, "it names no stage");
  });
  return record;
}

}  // namespace apq::dataset
