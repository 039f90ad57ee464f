#include "dataset/published_folder.hpp"

#include <algorithm>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/sha256.hpp"

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
    if (auto const f = record.split.held_out_fraction; !(f > 0 && f < 1))
      throw Error(Errc::data, fmt::format("held_out_fraction is {}", f));
    for (auto const& stage : json.at("stages")) record.stages.push_back(stage_of(stage));
    if (record.stages.empty()) throw Error(Errc::data, "it names no stage");
  });
  return record;
}

namespace {

// SHA-256 by path, as SHA256SUMS lists them.
std::map<std::string, std::string> listed_in(std::filesystem::path const& folder) {
  std::istringstream lines(read_file(folder / checksums_file));
  std::map<std::string, std::string> listed;
  for (std::string line; std::getline(lines, line);)
    if (auto const gap = line.find("  "); gap != line.npos) listed[line.substr(gap + 2)] = line.substr(0, gap);
  return listed;
}

}  // namespace

void require_checksums(std::filesystem::path const& folder, std::vector<std::string> const& files) {
  auto const listed = listed_in(folder);
  for (auto const& file : files) {
    auto const found = listed.find(file);
    if (found == listed.end())
      throw Error(Errc::data, fmt::format("{}: does not list {}; fetch the folder anew", (folder / checksums_file).string(), file));
    if (sha256_of_file(folder / file) != found->second)
      throw Error(Errc::data, fmt::format("{}: is not the file that {} lists (other SHA-256); fetch the folder anew",
                                          (folder / file).string(), checksums_file));
  }
}

std::vector<std::string> listed_files(std::filesystem::path const& folder) {
  std::vector<std::string> files;
  for (auto const& [file, hash] : listed_in(folder)) files.push_back(file);
  return files;
}

void require_as_published(std::filesystem::path const& folder, h5::Dataset const& dataset) {
  if (!is_published(folder)) return;
  auto const record = read_published(folder);
  auto const& stage = dataset.header.stage;
  auto const found = std::find_if(record.stages.begin(), record.stages.end(), [&](auto const& s) { return s.header.stage == stage; });
  auto const hash = h5::content_hash(dataset.rows);
  if (found == record.stages.end() || found->content_hash != hash)
    throw Error(Errc::data, fmt::format("{}: shards of {} hold other rows ({}, content hash {}) than {} says ({}); fetch the folder anew",
                                        folder.string(), stage, dataset.rows.size(), hash, record_file,
                                        found == record.stages.end() ? "none" : found->content_hash));
}

}  // namespace apq::dataset
