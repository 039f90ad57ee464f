#include "study/records/stamp.hpp"

#include "common/core/record_file.hpp"

namespace apq::study {
namespace {

Json json_of(FileDigest const& d) {
  return {{"sha256", d.digest},
          {"size", d.state.size},
          {"modified_ns", d.state.modified_ns},
          {"inode", d.state.inode},
          {"recorded_ns", d.recorded_ns}};
}

FileDigest digest_of(Json const& json) {
  return {json.at("sha256").get<std::string>(),
          {whole_number<std::uint64_t>(json.at("size")), whole_number<std::int64_t>(json.at("modified_ns")),
           whole_number<std::uint64_t>(json.at("inode"))},
          whole_number<std::int64_t>(json.at("recorded_ns"))};
}

}  // namespace

Stamp read_stamp(std::filesystem::path const& file) {
  Stamp stamp;
  read_record(file, stamp_format, [&](Json const& json) {
    stamp.stage = json.at("stage").get<std::string>();
    stamp.finished = json.at("finished").get<std::string>();
    stamp.code_version = json.at("code_version").get<std::string>();
    stamp.inputs = json.at("inputs").get<Settings>();
    for (auto const& [path, digest] : json.at("input_files").items()) stamp.input_files[path] = digest_of(digest);
    for (auto const& output : json.at("outputs")) stamp.outputs.push_back({output.at("path").get<std::string>(), digest_of(output)});
    stamp.contents = json.at("contents").get<std::map<std::string, std::string>>();
  });
  return stamp;
}

void write_stamp(std::filesystem::path const& file, Stamp const& stamp) {
  Json json{{"stage", stamp.stage},          {"finished", stamp.finished}, {"code_version", stamp.code_version}, {"inputs", stamp.inputs},
            {"input_files", Json::object()}, {"outputs", Json::array()},   {"contents", stamp.contents}};
  for (auto const& [path, digest] : stamp.input_files) json["input_files"][path] = json_of(digest);
  for (auto const& output : stamp.outputs) {
    Json entry{{"path", output.path}};
    entry.update(json_of(output.digest));
    json["outputs"].push_back(std::move(entry));
  }
  write_record(file, stamp_format, std::move(json));
}

}  // namespace apq::study
