#include "collect/quarantine.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"

namespace apq::collect {
namespace fs = std::filesystem;
namespace {

fs::path file_of(fs::path const& directory, std::uint64_t id) { return directory / fmt::format("{}.json", id); }

}  // namespace

void write_quarantined(fs::path const& directory, QuarantinedSample const& s) {
  make_directory(directory);
  write_record(file_of(directory, s.id), quarantine_format,
               {{"stage", s.stage},
                {"id", s.id},
                {"error", s.error},
                {"attempts", s.attempts},
                {"rank", s.rank},
                {"host", s.host},
                {"job", s.job},
                {"genes", s.genes}});
}

std::vector<std::uint64_t> quarantined_ids(fs::path const& directory) {
  std::vector<std::uint64_t> ids;
  std::error_code ec;
  for (fs::directory_iterator entry(directory, ec), end; !ec && entry != end; entry.increment(ec)) {
    auto const name = entry->path().filename().string();
    std::uint64_t id = 0;
    auto const [at, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (error == std::errc() && std::string_view(at) == ".json") ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<QuarantinedSample> read_quarantine(fs::path const& directory) {
  std::vector<QuarantinedSample> samples;
  for (auto const id : quarantined_ids(directory))
    read_record(file_of(directory, id), quarantine_format, [&](Json const& json) {
      samples.push_back({.stage = json.at("stage").get<std::string>(),
                         .id = whole_number<std::uint64_t>(json.at("id")),
                         .error = json.at("error").get<std::string>(),
                         .attempts = whole_number<int>(json.at("attempts")),
                         .rank = whole_number<int>(json.at("rank")),
                         .host = json.at("host").get<std::string>(),
                         .job = json.at("job").get<std::string>(),
                         .genes = whole_numbers<std::uint8_t>(json.at("genes"))});
    });
  return samples;
}

std::size_t release_quarantined(fs::path const& directory, std::vector<std::uint64_t> const& ids) {
  std::size_t released = 0;
  for (auto const id : ids) {
    std::error_code ec;
    released += fs::remove(file_of(directory, id), ec) ? 1u : 0u;
    if (ec) throw Error(Errc::io, fmt::format("{}: cannot be removed ({})", file_of(directory, id).string(), ec.message()));
  }
  return released;
}

void require_few_quarantined(fs::path const& directory, std::string const& stage, double share, std::uint64_t num_samples) {
  auto const ids = quarantined_ids(directory);
  auto const most = std::ceil(share * static_cast<double>(num_samples));
  if (static_cast<double>(ids.size()) <= most) return;
  auto const samples = read_quarantine(directory);
  throw Error(
      Errc::data,
      fmt::format("collect {}: {} samples could not be labelled, collect.max_quarantined lets {:.0f} of {} pass ({}: {}); mend what is "
                  "wrong and run again with --retry-quarantined",
                  stage, samples.size(), most, num_samples, directory.string(), samples.empty() ? "" : samples.front().error));
}

}  // namespace apq::collect
