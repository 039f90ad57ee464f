#include "common/h5/shard.hpp"

#include <map>
#include <mutex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/core/error.hpp"
#include "common/core/json_text.hpp"
#include "common/core/sha256.hpp"
#include "common/h5/h5_file.hpp"

namespace apq::h5 {
namespace fs = std::filesystem;
namespace {

// Debian builds HDF5 without thread safety: one thread of a process uses it at a time.
std::mutex& library() {
  static std::mutex mutex;
  return mutex;
}

// Over header and rows, everything a reader gets.
std::string checksum(Shard const& shard) {
  Sha256 hash;
  for_each_text(shard.header, [&](char const* name, std::string const& text) {
    hash.add(name).add_value(static_cast<std::uint64_t>(text.size())).add(text);
  });
  hash.add(shard.header.evaluation_hash());
  hash.add_value(shard.header.seed).add_value(static_cast<std::uint64_t>(shard.header.num_genes));
  for (auto const& row : shard.rows) {
    hash.add_value(row.id).add(row.genes.data(), row.genes.size());
    hash.add_value(row.correct).add_value(row.correct5).add_value(row.total);
    hash.add_value(row.loss).add_value(row.seconds).add_value(row.joules);
  }
  return hash.hex();
}

template <class T>
std::vector<T> column(std::vector<Row> const& rows, T Row::*member) {
  std::vector<T> values;
  values.reserve(rows.size());
  for (auto const& row : rows) values.push_back(row.*member);
  return values;
}

Shard parse_shard(fs::path const& path, File const& file) {
  if (!file.has_attribute("format") || file.text_attribute("format") != "apq shard")
    throw Error(Errc::data, fmt::format("{}: is an HDF5 file, but not an apq shard", path.string()));
  if (auto const version = file.number_attribute("format_version"); version != shard_format_version)
    throw OtherVersion(Errc::data,
                       fmt::format("{}: has shard format {}; this apq reads format {}", path.string(), version, shard_format_version));
  Shard shard;
  for_each_text(shard.header, [&](char const* name, std::string& text) { text = file.text_attribute(name); });
  try {
    shard.header.identity = parse_json(file.text_attribute("identity"), path.string()).get<std::map<std::string, std::string>>();
  } catch (JsonError const&) {
    throw Error(Errc::data, fmt::format("{}: is damaged (its identity is not JSON)", path.string()));
  } catch (nlohmann::json::exception const&) {
    throw Error(Errc::data, fmt::format("{}: is damaged (its identity is not an object of texts)", path.string()));
  }
  shard.header.seed = file.number_attribute("seed");
  shard.header.num_genes = static_cast<int>(file.number_attribute("num_genes"));
  auto const ids = file.read<std::uint64_t>("id");
  auto const genes = file.read<std::uint8_t>("genes");
  auto const shape = file.shape("genes");
  auto const correct = file.read<std::uint32_t>("correct");
  auto const correct5 = file.read<std::uint32_t>("correct5");
  auto const total = file.read<std::uint32_t>("total");
  auto const loss = file.read<float>("loss");
  auto const seconds = file.read<float>("seconds");
  auto const joules = file.read<float>("joules");
  auto const n = ids.size();
  for (auto size : {shape.rows, correct.size(), correct5.size(), total.size(), loss.size(), seconds.size(), joules.size()})
    if (size != n) throw Error(Errc::data, fmt::format("{}: is damaged (columns of {} and {} rows)", path.string(), n, size));
  if (shape.columns != static_cast<std::size_t>(shard.header.num_genes))
    throw Error(Errc::data,
                fmt::format("{}: is damaged ({} gene columns, the header says {})", path.string(), shape.columns, shard.header.num_genes));
  for (std::size_t i = 0; i < n; ++i) {
    if (total[i] == 0 || correct[i] > correct5[i] || correct5[i] > total[i])
      throw Error(Errc::data, fmt::format("{}: sample {} has impossible counts ({} top-1, {} top-5, {} images)", path.string(), ids[i],
                                          correct[i], correct5[i], total[i]));
    auto const* first = genes.data() + i * shape.columns;
    shard.rows.push_back({.id = ids[i],
                          .genes = space::Genes(first, first + shape.columns),
                          .correct = correct[i],
                          .correct5 = correct5[i],
                          .total = total[i],
                          .loss = loss[i],
                          .seconds = seconds[i],
                          .joules = joules[i]});
  }
  if (file.text_attribute("checksum") != checksum(shard))
    throw Error(Errc::data, fmt::format("{}: is damaged (its content does not match its checksum)", path.string()));
  return shard;
}

}  // namespace

void write_shard(fs::path const& path, Shard const& shard) {
  std::vector<std::uint8_t> genes;
  for (auto const& row : shard.rows) {
    if (row.genes.size() != static_cast<std::size_t>(shard.header.num_genes))
      throw Error(Errc::internal,
                  fmt::format("{}: row {} has {} genes instead of {}", path.string(), row.id, row.genes.size(), shard.header.num_genes));
    genes.insert(genes.end(), row.genes.begin(), row.genes.end());
  }
  std::scoped_lock const turn(library());
  auto file = File::create(path.string());
  auto write = [&]<class T>(char const* name, std::vector<T> const& values, char const* unit, char const* description) {
    file.write<T>(name, values, 0, unit, description);
  };
  file.write_attribute("format", "apq shard");
  file.write_attribute("format_version", static_cast<std::uint64_t>(shard_format_version));
  for_each_text(shard.header, [&](char const* name, std::string const& text) { file.write_attribute(name, text); });
  file.write_attribute("identity", nlohmann::json(shard.header.identity).dump());
  file.write_attribute("evaluation_hash", shard.header.evaluation_hash());
  file.write_attribute("seed", shard.header.seed);
  file.write_attribute("num_genes", static_cast<std::uint64_t>(shard.header.num_genes));
  write("id", column(shard.rows, &Row::id), "1", "sample index within the study and stage");
  file.write<std::uint8_t>("genes", genes, static_cast<std::size_t>(shard.header.num_genes), "1",
                           "1 + index of the choice, 0 where the block is inactive: kernels, "
                           "middle widths, depths, then bits by role");
  write("correct", column(shard.rows, &Row::correct), "images", "top-1 hits");
  write("correct5", column(shard.rows, &Row::correct5), "images", "top-5 hits");
  write("total", column(shard.rows, &Row::total), "images", "images evaluated");
  write("loss", column(shard.rows, &Row::loss), "nats", "mean cross entropy");
  write("seconds", column(shard.rows, &Row::seconds), "s", "wall time of the sample");
  write("joules", column(shard.rows, &Row::joules), "J", "energy of the sample; NaN: unknown");
  file.write_attribute("checksum", checksum(shard));
  file.save(path);
}

StoredShard load_shard(fs::path const& path) {
  auto bytes = File::bytes_of(path);
  StoredShard stored{.file = {.path = path, .bytes = bytes.size(), .sha256 = sha256_of(bytes)}};
  std::scoped_lock const turn(library());
  stored.shard = parse_shard(path, File::parse(std::move(bytes), path.string()));
  stored.file.rows = stored.shard.rows.size();
  return stored;
}

Shard read_shard(fs::path const& path) { return load_shard(path).shard; }

ShardIds read_shard_ids(fs::path const& path) {
  auto const file = File::open(path);
  return {file.read<std::uint64_t>("id"), file.text_attribute("source") == "collected"};
}

}  // namespace apq::h5
