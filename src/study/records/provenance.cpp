#include "study/records/provenance.hpp"

namespace apq::study {
namespace {

Json json_of(BuildInfo const& b) {
  return {{"version", b.version}, {"commit", b.commit}, {"compiler", b.compiler}, {"build_type", b.build_type},
          {"mpi", b.mpi},         {"hdf5", b.hdf5},     {"torch", b.torch}};
}

Json json_of(StageProvenance const& s) {
  return {{"stage", s.stage},      {"finished", s.finished},       {"code_version", s.code_version},
          {"inputs", s.inputs},    {"input_files", s.input_files}, {"outputs", s.outputs},
          {"contents", s.contents}};
}

using Texts = std::map<std::string, std::string>;

}  // namespace

void write_provenance(std::filesystem::path const& file, Provenance const& p) {
  Json json{{"build", json_of(p.build)}, {"environment", p.environment}, {"study", p.study},         {"config", p.config},
            {"stages", Json::array()},   {"jobs", Json::array()},        {"failures", Json::array()}};
  for (auto const& stage : p.stages) json["stages"].push_back(json_of(stage));
  for (auto const& j : p.jobs)
    json["jobs"].push_back({{"token", j.token},
                            {"host", j.host},
                            {"scheduler_id", j.scheduler_id},
                            {"started", j.started},
                            {"state", j.state},
                            {"ranks", j.ranks}});
  for (auto const& f : p.failures)
    json["failures"].push_back({{"stage", f.stage}, {"id", f.id}, {"error", f.error}, {"host", f.host}, {"attempts", f.attempts}});
  write_record(file, provenance_format, std::move(json));
}

Provenance read_provenance(std::filesystem::path const& file) {
  Provenance p;
  read_record(file, provenance_format, [&](Json const& json) {
    auto const& b = json.at("build");
    p.build = {b.at("version"), b.at("commit"), b.at("compiler"), b.at("build_type"), b.at("mpi"), b.at("hdf5"), b.at("torch")};
    p.environment = json.at("environment").get<Texts>();
    p.study = json.at("study").get<std::string>();
    p.config = json.at("config").get<std::string>();
    for (auto const& s : json.at("stages"))
      p.stages.push_back({s.at("stage"), s.at("finished"), s.at("code_version"), s.at("inputs").get<Texts>(),
                          s.at("input_files").get<Texts>(), s.at("outputs").get<Texts>(), s.at("contents").get<Texts>()});
    for (auto const& j : json.at("jobs"))
      p.jobs.push_back(
          {j.at("token"), j.at("host"), j.at("scheduler_id"), j.at("started"), j.at("state"), whole_number<int>(j.at("ranks"))});
    for (auto const& f : json.at("failures"))
      p.failures.push_back(
          {f.at("stage"), f.at("error"), f.at("host"), whole_number<std::uint64_t>(f.at("id")), whole_number<int>(f.at("attempts"))});
  });
  return p;
}

}  // namespace apq::study
