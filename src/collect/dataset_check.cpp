#include "collect/dataset_check.hpp"

#include <algorithm>

#include <fmt/format.h>

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
    if (row.total == 0 || row.correct > row.correct5 || row.correct5 > row.total)
      faults.push_back(fmt::format("{}: sample {} has impossible counts ({} top-1, {} top-5, {} images)", file, row.id, row.correct,
                                   row.correct5, row.total));
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

void check_ids(StoredStage const& stage, std::vector<h5::Row> const& rows, std::uint64_t wanted, Faults& faults) {
  auto const last = rows.empty() ? 0 : rows.back().id + 1;
  auto const expected = std::max(wanted, last);
  if (rows.size() == expected) return;
  std::uint64_t first = 0;
  while (first < rows.size() && rows[first].id == first) ++first;
  faults.push_back(fmt::format("{}: {} of {} samples are missing, the first is {}; `apq collect` collects them", stage.directory.string(),
                               expected - rows.size(), expected, first));
}

void check_joined_file(StoredStage const& stage, h5::Dataset const& dataset, std::size_t num_shards, Faults& faults) {
  if (!fs::exists(stage.joined)) return;
  h5::check_joined(stage.joined, dataset);
  if (h5::read_manifest(stage.joined).size() != num_shards)
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
      if (auto const extension = entry.path().extension(); extension == ".damaged" || extension == ".partial")
        check.set_aside.push_back(entry.path().string());
    auto const files = h5::shards_in(stage.directory);
    h5::Dataset dataset;
    for (auto const& file : files)
      guarded([&] {
        std::vector<h5::StoredShard> one{h5::load_shard(file)};
        check_rows(one.front(), space, check.faults);
        h5::add_shards(dataset, std::move(one));
      });
    guarded([&] { check_ids(stage, dataset.rows, wanted_samples(directory, stage.name, space), check.faults); });
    guarded([&] { check_joined_file(stage, dataset, files.size(), check.faults); });
    check.sound.push_back(fmt::format("{}: {} shards are sound", stage.name, files.size()));
  }
  return check;
}

}  // namespace apq::collect
