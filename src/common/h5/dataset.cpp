#include "common/h5/dataset.hpp"

#include <algorithm>
#include <iterator>

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

// Of equal ids the first stays.
void settle(std::vector<Row>& rows, fs::path const& directory) {
  std::stable_sort(rows.begin(), rows.end(), [](Row const& a, Row const& b) { return a.id < b.id; });
  for (std::size_t i = 1; i < rows.size(); ++i)
    if (rows[i - 1].id == rows[i].id && !same_label(rows[i - 1], rows[i]))
      throw Error(Errc::data, fmt::format("{}: sample {} has two different labels; the evaluation is not deterministic on these machines",
                                          directory.string(), rows[i].id));
  rows.erase(std::unique(rows.begin(), rows.end(), [](Row const& a, Row const& b) { return a.id == b.id; }), rows.end());
}

void read_into(Dataset& dataset, std::vector<fs::path> const& files, OnDamage on_damage) {
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

}  // namespace

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
  for (auto& [file, shard] : shards) {
    if (auto const differs = difference(shard.header, dataset.header); !differs.empty())
      throw Error(Errc::data, fmt::format("{}: belongs to another dataset than {} ({})", file.path.string(),
                                          dataset.files.front().path.string(), differs));
    dataset.files.push_back(std::move(file));
    std::move(shard.rows.begin(), shard.rows.end(), std::back_inserter(dataset.rows));
  }
  settle(dataset.rows, dataset.files.back().path.parent_path());
  std::sort(dataset.files.begin(), dataset.files.end(), [](ShardFile const& a, ShardFile const& b) { return a.path < b.path; });
}

Dataset read_dataset(fs::path const& directory, OnDamage on_damage) {
  Dataset dataset;
  read_into(dataset, shards_in(directory), on_damage);
  return dataset;
}

void read_new_shards(Dataset& dataset, fs::path const& directory) {
  auto const there = shards_in(directory);
  std::vector<fs::path> known, added;
  for (auto const& file : dataset.files) known.push_back(file.path);
  for (auto const& path : known)
    if (!std::binary_search(there.begin(), there.end(), path))
      throw Error(Errc::data, fmt::format("{}: has gone since it was read; restore it, or collect again", path.string()));
  std::set_difference(there.begin(), there.end(), known.begin(), known.end(), std::back_inserter(added));
  read_into(dataset, added, OnDamage::fail);
}

Dataset read_stage(StudyLayout const& layout, std::string const& stage) { return read_stage(layout.shards(stage), layout.joined(stage)); }

Dataset read_stage(fs::path const& directory, fs::path const& joined) {
  auto dataset = read_dataset(directory);
  if (fs::exists(joined)) check_joined(joined, dataset);
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
