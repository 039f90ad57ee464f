#include "dataset/publish.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <regex>
#include <utility>

#include <fmt/format.h>

#include "collect/row_export.hpp"
#include "collect/stored_stage.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/atomic_folder.hpp"
#include "common/core/build_info.hpp"
#include "common/core/directory_name.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/printable.hpp"
#include "common/core/sha256.hpp"
#include "common/core/study_layout.hpp"
#include "common/core/utc_time.hpp"
#include "dataset/card.hpp"
#include "dataset/citation.hpp"
#include "dataset/croissant.hpp"
#include "dataset/published_folder.hpp"

namespace apq::dataset {
namespace {
namespace fs = std::filesystem;

constexpr RecordFormat splits_format{"apq splits", 1, "`apq data publish` makes it anew"};
constexpr RecordFormat environment_format{"apq environment", 1, "`apq data publish` makes it anew"};

void require_line(char const* option, std::string const& text) {
  if (text.find_first_of("\r\n") != text.npos) throw Error(Errc::config, fmt::format("{}: is more than one line", option));
  if (end_of_utf8(text) != text.size()) throw Error(Errc::config, fmt::format("{}: is not UTF-8", option));
}

void complete(Publication& said, fs::path const& output) {
  if (said.name.empty()) said.name = fs::weakly_canonical(output).filename().string();
  if (said.date.empty()) said.date = utc_now().substr(0, 10);
  for (auto const& [option, text] : {std::pair("--name", said.name), std::pair("--description", said.description),
                                     std::pair("--license", said.license), std::pair("--url", said.url)})
    require_line(option, text);
  for (auto const& author : said.authors) {
    require_line("--author", author);
    if (author.empty()) throw Error(Errc::config, "--author: is empty; leave it out where nobody is to be named");
  }
  static std::regex const url("https?://[^ ]+"), spdx("[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*");
  if (!said.url.empty() && !std::regex_match(said.url, url))
    throw Error(Errc::config, fmt::format("--url {}: is no http(s) address", said.url));
  if (!said.license.empty() && !std::regex_match(said.license, url) && !std::regex_match(said.license, spdx))
    throw Error(Errc::config, fmt::format("--license {}: is neither an SPDX identifier, such as CC-BY-4.0, nor an address", said.license));
  static std::regex const date("[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"), release("(0|[1-9][0-9]*)(\\.(0|[1-9][0-9]*)){2}");
  auto const is_day = [](std::string const& text) {
    using namespace std::chrono;
    return year_month_day(year(std::stoi(text.substr(0, 4))), month(static_cast<unsigned>(std::stoi(text.substr(5, 2)))),
                          day(static_cast<unsigned>(std::stoi(text.substr(8)))))
        .ok();
  };
  if (!std::regex_match(said.date, date) || !is_day(said.date))
    throw Error(Errc::config, fmt::format("--date {}: is no date YYYY-MM-DD", said.date));
  if (!std::regex_match(said.release, release))
    throw Error(Errc::config, fmt::format("--release {}: is no MAJOR.MINOR.PATCH", said.release));
}

std::vector<PublishedFile> files_in(fs::path const& folder) {
  std::vector<PublishedFile> files;
  for (auto const& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files.push_back({fs::relative(entry.path(), folder).generic_string(), entry.file_size(), sha256_of_file(entry.path())});
  std::sort(files.begin(), files.end(), [](PublishedFile const& a, PublishedFile const& b) { return a.path < b.path; });
  return files;
}

void require_free(fs::path const& output, std::string const& release, std::string const& content_hash) {
  if (output.empty()) throw Error(Errc::config, "--output: is empty; name a folder");
  if (!fs::exists(output)) return;
  if (!is_published(output))
    throw Error(Errc::io, fmt::format("{}: is there and is no published folder (it has no {}); choose another --output", output.string(),
                                      record_file));
  try {
    auto const there = read_published(output);
    if (there.release == release && there.content_hash != content_hash)
      throw Error(Errc::config, fmt::format("{}: is release {} with other rows, and a release never changes; give another --release or "
                                            "--output",
                                            output.string(), release));
    auto const listed = listed_files(output);
    for (auto const& file : files_in(output))
      if (file.path != checksums_file && !std::binary_search(listed.begin(), listed.end(), file.path))
        throw Error(Errc::io,
                    fmt::format("{}: is not of the published folder that is to be replaced; move it away", (output / file.path).string()));
    log::root().info("{}: release {} of {} is replaced", output.string(), there.release, there.name);
  } catch (Error const& e) {
    if (e.code() != Errc::data) throw;
    log::root().warn("{}; the folder is replaced", e.what());
  }
}

// Jobs at work may replace a shard that grows.
void copy_shard(h5::ShardFile const& shard, fs::path const& target) {
  replace_file(target, [&](fs::path const& temporary) {
    fs::copy_file(shard.path, temporary, fs::copy_options::overwrite_existing);
    if (sha256_of_file(temporary) != shard.sha256)
      throw Error(Errc::data, fmt::format("{}: changed while it was published; publish again when nothing collects", shard.path.string()));
  });
}

void write_rows(h5::Dataset const& dataset, space::SearchSpace const& space, collect::RowFormat format, fs::path const& target) {
  replace_file(target, [&](fs::path const& temporary) {
    std::ofstream file(temporary, std::ios::binary);
    file << collect::heading_of(collect::standard_columns(), format);
    collect::export_stage(dataset, &space, format, [&](std::string const& line) { file << line; });
    if (!file.flush()) throw Error(Errc::io, fmt::format("{}: cannot be written", target.string()));
  });
}

Json environment_of(PublishedFacts const& facts) {
  auto const build = build_info();
  Json json{{"published_by", {{"apq", build.version_and_commit()}, {"compiler", build.compiler}, {"hdf5", build.hdf5}, {"mpi", build.mpi}}},
            {"stages", Json::object()}};
  for (auto const& stage : facts.stages) {
    auto const& h = stage.header;
    json["stages"][h.stage] = {
        {"apq", h.code_version}, {"engine", h.engine}, {"libraries", h.libraries}, {"host", h.host}, {"source", h.source}};
  }
  return json;
}

Json splits_of(PublishedFacts const& facts) {
  Json json{{"stages", Json::object()}};
  for (auto const& stage : facts.stages) json["stages"][stage.header.stage] = to_json(stage.split);
  return json;
}

std::string checksums_of(fs::path const& folder) {
  std::string text;
  for (auto const& file : files_in(folder)) text += fmt::format("{}  {}\n", file.sha256, file.path);
  return text;
}

void write_all(fs::path const& folder, PublishedFacts const& facts, std::vector<h5::Dataset> const& datasets,
               space::SearchSpace const& space, fs::path const& space_file) {
  StudyLayout const layout{folder};
  make_directory(folder / "rows");
  for (auto const& dataset : datasets) {
    auto const& stage = dataset.header.stage;
    make_directory(layout.shards(stage));
    for (auto const& shard : dataset.files) copy_shard(shard, layout.shards(stage) / shard.path.filename());
    write_rows(dataset, space, collect::RowFormat::csv, folder / rows_file(stage, "csv"));
    write_rows(dataset, space, collect::RowFormat::json_lines, folder / rows_file(stage, "jsonl"));
  }
  replace_file(layout.space(), read_file(space_file));
  write_record(folder / splits_file, splits_format, splits_of(facts));
  write_record(folder / environment_file, environment_format, environment_of(facts));
  write_published(folder, record_of(facts));
  replace_file(folder / card_file, card_of(facts));
  replace_file(folder / citation_file, citation_of(facts.said));
  replace_file(folder / license_text_file, license_text(facts.said));
  replace_file(folder / croissant_file, croissant_of(facts, files_in(folder)).dump(2) + "\n");
  replace_file(folder / checksums_file, checksums_of(folder));
}

}  // namespace

PublishedFacts publish(fs::path const& directory, fs::path const& space_file, fs::path const& given, Publication said) {
  auto const output = given.empty() ? given : directory_name(given);  // a link's target is replaced, not the link
  complete(said, output);
  std::vector<h5::Dataset> datasets;
  for (auto const& stage : collect::stored_stages(directory)) datasets.push_back(stage.read());
  auto const file = collect::space_file_of_stored(directory, space_file);
  if (file.empty()) throw Error(Errc::data, fmt::format("{}: its search space is not known; give it with --space", directory.string()));
  auto const space = space::load_space(file);
  PublishedFacts facts{.said = std::move(said), .space_name = space.name, .space_hash = space.hash};
  std::vector<std::pair<std::string, std::string>> hashes;
  for (auto const& dataset : datasets) {
    require_as_published(directory, dataset);
    collect::space_of_rows(space, file, dataset.header);
    facts.stages.push_back(facts_of(directory, dataset));
    hashes.emplace_back(dataset.header.stage, facts.stages.back().summary.content_hash);
  }
  facts.content_hash = collect::hash_of_stages(hashes);
  require_free(output, facts.said.release, facts.content_hash);
  replace_folder(output, [&](fs::path const& temporary) { write_all(temporary, facts, datasets, space, file); });
  return facts;
}

}  // namespace apq::dataset
