#include "collect/dataset_check.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "collect/quarantine.hpp"
#include "collect/sampler.hpp"
#include "common/core/config.hpp"
#include "common/core/error.hpp"
#include "common/h5/joined.hpp"

namespace apq::collect {
namespace {

namespace fs = std::filesystem;
using Faults = std::vector<std::string>;

void check_rows(h5::StoredShard const& stored, std::optional<space::SearchSpace> const& space, Faults& faults) {
  auto const file = stored.file.path.string();
  for (auto const& row : stored.shard.rows) {
    if (space && stored.shard.header.space_hash == space->hash && !space::is_valid(*space, row.genes))
      faults.push_back(fmt::format("{}: sample {} is not a subnet of space {}", file, row.id, space->name));
  }
}

// How many samples the study's configuration asks for, as far as the space has so many; 0: not known.
std::uint64_t wanted_samples(fs::path const& directory, std::string const& stage, std::optional<space::SearchSpace> const& space) {
  auto const file = StudyLayout{directory}.config();
  if (!is_study(directory) || !fs::exists(file)) return 0;
  auto const wanted = Config::load(file).section("collect").section(stage).peek<std::uint64_t>("samples").value_or(0);
  return space ? num_samples(*space, stage, wanted) : wanted;
}

void check_ids(StoredStage const& stage, std::vector<h5::Row> const& rows, std::vector<std::uint64_t> const& quarantined,
               std::uint64_t wanted, Faults& faults) {
  auto const expected = std::max(wanted, rows.empty() ? 0 : rows.back().id + 1);
  // From one id that is known to the next: a damaged id may be any number.
  std::vector<std::uint64_t> known(quarantined);
  for (auto const& row : rows) known.push_back(row.id);
  known.push_back(expected);
  std::sort(known.begin(), known.end());
  std::uint64_t missing = 0, first = 0, next = 0;
  for (auto const id : known) {
    if (id > expected) break;
    if (id > next && missing == 0) first = next;
    if (id > next) missing += id - next;
    next = std::max(next, id + 1);
  }
  if (missing > 0)
    faults.push_back(fmt::format("{}: {} of {} samples are missing, the first is {}; `apq collect` collects them", stage.directory.string(),
                                 missing, expected, first));
}

// What the quarantine of a stage holds that no shard has, a line each.
std::vector<std::string> quarantine_of(fs::path const& directory, std::string const& stage, std::vector<h5::Row> const& rows) {
  std::vector<std::string> lines;
  if (!is_study(directory)) return lines;
  for (auto const& sample : read_quarantine(StudyLayout{directory}.quarantine(stage)))
    if (std::none_of(rows.begin(), rows.end(), [&](h5::Row const& row) { return row.id == sample.id; }))
      lines.push_back(fmt::format("{} (on {}, {} attempts)", sample.error, sample.host, sample.attempts));
  return lines;
}

void check_joined_file(StoredStage const& stage, std::vector<h5::ShardFile> const& manifest, h5::Dataset const& dataset,
                       std::size_t num_shards, Faults& faults) {
  h5::check_joined(stage.joined, manifest, dataset);
  if (manifest.size() != num_shards)
    faults.push_back(fmt::format("{}: does not join all {} shards of {}; `apq data join` writes it anew", stage.joined.string(), num_shards,
                                 stage.directory.string()));
}

}  // namespace

DatasetCheck check_stored(fs::path const& directory, std::optional<space::SearchSpace> const& space) {
  DatasetCheck check;
  auto const guarded = [&](auto const& step) {
    try {
      step();
    } catch (Error const& e) {
      check.faults.emplace_back(e.what());
    }
  };
  for (auto const& stage : stored_stages(directory)) {
    for (auto const& entry : fs::directory_iterator(stage.directory))
      if (auto const extension = entry.path().extension();
          extension == ".damaged" || extension == ".contradicting" || extension == ".partial")
        check.set_aside.push_back(entry.path().string());
    // First what was joined, then the shards: jobs at work only add to them.
    std::optional<std::vector<h5::ShardFile>> manifest;
    guarded([&] {
      if (fs::exists(stage.joined)) manifest = h5::read_manifest(stage.joined);
    });
    auto const files = h5::shards_in(stage.directory);
    h5::Dataset dataset;
    for (auto const& file : files)
      guarded([&] {
        std::vector<h5::StoredShard> one{h5::load_shard(file)};
        check_rows(one.front(), space, check.faults);
        h5::add_shards(dataset, std::move(one));
      });
    guarded([&] {
      for (auto& line : quarantine_of(directory, stage.name, dataset.rows)) check.quarantined.push_back(std::move(line));
    });
    auto const quarantined =
        is_study(directory) ? quarantined_ids(StudyLayout{directory}.quarantine(stage.name)) : std::vector<std::uint64_t>();
    guarded([&] { check_ids(stage, dataset.rows, quarantined, wanted_samples(directory, stage.name, space), check.faults); });
    guarded([&] {
      if (manifest) check_joined_file(stage, *manifest, dataset, files.size(), check.faults);
    });
    check.sound.push_back(fmt::format("{}: {} shards are sound", stage.name, files.size()));
  }
  return check;
}

}  // namespace apq::collect
