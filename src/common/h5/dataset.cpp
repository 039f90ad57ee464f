#include "common/h5/dataset.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/sha256.hpp"
#include "common/h5/joined.hpp"

namespace apq::h5 {
namespace fs = std::filesystem;
namespace {

bool same_label(Row const& a, Row const& b) {
  return a.genes == b.genes && a.correct == b.correct && a.correct5 == b.correct5 && a.total == b.total;
}

// Of equal ids the first stays. Gives the first id with two different labels.
std::optional<std::uint64_t> settle(std::vector<Row>& rows) {
  std::stable_sort(rows.begin(), rows.end(), [](Row const& a, Row const& b) { return a.id < b.id; });
  std::optional<std::uint64_t> contradicted;
  for (std::size_t i = 1; i < rows.size() && !contradicted; ++i)
    if (rows[i - 1].id == rows[i].id && !same_label(rows[i - 1], rows[i])) contradicted = rows[i].id;
  rows.erase(std::unique(rows.begin(), rows.end(), [](Row const& a, Row const& b) { return a.id == b.id; }), rows.end());
  return contradicted;
}

fs::file_time_type age_of(fs::path const& file) {
  std::error_code ec;
  return fs::last_write_time(file, ec);
}

// Which files they are is looked up when it matters: rows do not know where they come from.
Contradiction contradiction(std::vector<ShardFile> const& files, std::uint64_t id) {
  std::optional<std::pair<fs::path, Row>> first;
  for (auto const& file : files) {
    for (auto& row : read_shard(file.path).rows) {
      if (row.id != id) continue;
      if (!first) {
        first.emplace(file.path, std::move(row));
      } else if (!same_label(first->second, row)) {
        bool const in_order = age_of(first->first) <= age_of(file.path);
        return {in_order ? first->first : file.path, in_order ? file.path : first->first, id};
      }
    }
  }
  throw Error(Errc::data, fmt::format("{}: sample {} has two different labels; the evaluation is not deterministic on these machines",
                                      files.back().path.parent_path().string(), id));
}

}  // namespace

void read_shards(Dataset& dataset, std::vector<fs::path> const& files, OnDamage on_damage) {
  std::vector<StoredShard> shards;
  for (auto const& path : files) {
    try {
      shards.push_back(load_shard(path));
    } catch (OtherVersion const&) {
      throw;
    } catch (Error const& e) {
      if (on_damage == OnDamage::fail || e.code() != Errc::data) throw;
      dataset.damaged.push_back({path, e.what()});
    }
  }
  add_shards(dataset, std::move(shards));
}

Contradiction::Contradiction(fs::path elder_file, fs::path younger_file, std::uint64_t id)
    : Error(Errc::data, fmt::format("{} and {}: sample {} has two different labels; the evaluation is not deterministic on these machines",
                                    elder_file.string(), younger_file.filename().string(), id)),
      elder(std::move(elder_file)),
      younger(std::move(younger_file)) {}

std::vector<fs::path> shards_in(fs::path const& directory) {
  std::vector<fs::path> files;
  std::error_code ec;
  if (!fs::is_directory(directory, ec)) return files;
  for (auto const& entry : fs::directory_iterator(directory))
    if (entry.path().extension() == ".h5") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

void add_shards(Dataset& dataset, std::vector<StoredShard> shards) {
  if (shards.empty()) return;
  if (dataset.files.empty()) dataset.header = shards.front().shard.header;
  for (auto& [stored_file, shard] : shards) {
    auto& file = stored_file;  // clang 14 captures no binding
    std::erase_if(dataset.files, [&](ShardFile const& known) { return known.path == file.path; });
    if (auto const differs = difference(shard.header, dataset.header); !differs.empty())
      throw Error(Errc::data, fmt::format("{}: belongs to another dataset than {} ({})", file.path.string(),
                                          dataset.files.front().path.string(), differs));
    dataset.files.push_back(std::move(file));
    std::move(shard.rows.begin(), shard.rows.end(), std::back_inserter(dataset.rows));
  }
  auto const contradicted = settle(dataset.rows);
  std::sort(dataset.files.begin(), dataset.files.end(), [](ShardFile const& a, ShardFile const& b) { return a.path < b.path; });
  if (contradicted) throw contradiction(dataset.files, *contradicted);
}

Dataset read_dataset(fs::path const& directory, OnDamage on_damage) {
  Dataset dataset;
  read_shards(dataset, shards_in(directory), on_damage);
  return dataset;
}

Dataset read_stage(StudyLayout const& layout, std::string const& stage) { return read_stage(layout.shards(stage), layout.joined(stage)); }

Dataset read_stage(fs::path const& directory, fs::path const& joined) {
  // First what was joined, then the shards: jobs at work only add to them.
  std::optional<std::vector<ShardFile>> manifest;
  if (fs::exists(joined)) manifest = read_manifest(joined);
  auto dataset = read_dataset(directory);
  if (manifest) check_joined(joined, *manifest, dataset);
  return dataset;
}

void keep_asked_for(Dataset& dataset, std::uint64_t num_samples) {
  if (dataset.header.source != "collected") return;
  auto const first_beyond =
      std::lower_bound(dataset.rows.begin(), dataset.rows.end(), num_samples, [](Row const& row, std::uint64_t id) { return row.id < id; });
  dataset.rows.erase(first_beyond, dataset.rows.end());
}

std::string content_hash(std::vector<Row> const& rows) {
  std::vector<Row const*> sorted;
  for (auto const& row : rows) sorted.push_back(&row);
  std::sort(sorted.begin(), sorted.end(), [](auto const* a, auto const* b) { return a->id < b->id; });
  Sha256 hash;
  for (auto const* row : sorted) {
    hash.add_value(row->id).add(row->genes.data(), row->genes.size());
    hash.add_value(row->correct).add_value(row->correct5).add_value(row->total);
  }
  return hash.hex();
}

}  // namespace apq::h5
