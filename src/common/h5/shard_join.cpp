#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <sstream>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/sha256.hpp"
#include "common/h5/h5_file.hpp"
#include "common/h5/shard.hpp"

namespace apq::h5 {
namespace fs = std::filesystem;
namespace {

fs::path folder_of(fs::path const& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

// What HDF5 gives for the rows of a missing shard: nothing that could pass for a label.
template <class T>
constexpr T fill_value() {
  using Limits = std::numeric_limits<T>;
  return Limits::has_quiet_NaN ? Limits::quiet_NaN() : Limits::max();
}

template <class T>
void add_virtual(File& file, std::string const& name, std::size_t columns, std::vector<JoinedShard> const& sources) {
  std::size_t total = 0;
  for (auto const& source : sources) total += source.rows;
  int const rank = columns == 0 ? 1 : 2;
  std::array<hsize_t, 2> const dims{total, columns};
  SpaceHandle const space(H5Screate_simple(rank, dims.data(), nullptr), "H5Screate_simple");
  PropertyHandle const properties(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate");
  T const fill = fill_value<T>();
  H5Pset_fill_value(properties.get(), native_type<T>(), &fill);
  std::size_t offset = 0;
  for (auto const& source : sources) {
    if (source.rows == 0) continue;
    std::array<hsize_t, 2> const count{source.rows, columns};
    std::array<hsize_t, 2> const start{offset, 0};
    SpaceHandle const from(H5Screate_simple(rank, count.data(), nullptr), "H5Screate_simple");
    H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
    if (H5Pset_virtual(properties.get(), space.get(), source.path.c_str(), name.c_str(), from.get()) < 0)
      throw Error(Errc::io, fmt::format("{}: cannot join dataset {} ({})", file.name(), name, error_stack()));
    offset += source.rows;
  }
  H5Sselect_all(space.get());
  DatasetHandle const dataset(
      H5Dcreate2(file.id(), name.c_str(), native_type<T>(), space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT),
      fmt::format("{}: cannot create dataset {}", file.name(), name));
}

}  // namespace

void write_joined(fs::path const& directory, fs::path const& path) {
  auto const dataset = read_dataset(directory);  // of one identity, none damaged
  if (dataset.files.empty()) throw Error(Errc::data, fmt::format("{}: holds no shards to join", directory.string()));
  std::vector<JoinedShard> sources;
  std::vector<std::string> manifest;
  for (auto const& file : dataset.files) {
    sources.push_back({fs::relative(file, folder_of(path)), read_shard(file).rows.size(), sha256_of_file(file)});
    auto const& s = sources.back();
    manifest.push_back(fmt::format("{} {} {}", s.file_hash, s.rows, s.path.string()));
  }
  auto file = File::create(path.string());
  add_virtual<std::uint64_t>(file, "id", 0, sources);
  add_virtual<std::uint8_t>(file, "genes", static_cast<std::size_t>(dataset.header.num_genes), sources);
  for (char const* name : {"correct", "correct5", "total"}) add_virtual<std::uint32_t>(file, name, 0, sources);
  for (char const* name : {"loss", "seconds", "joules"}) add_virtual<float>(file, name, 0, sources);
  file.write_attribute("format", "apq joined dataset");
  file.write_lines("manifest", manifest, "shards joined here: SHA-256 of the file, rows, path");
  file.save(path);
}

std::vector<JoinedShard> read_manifest(fs::path const& path) {
  std::vector<JoinedShard> shards;
  for (auto const& line : File::open(path).read_lines("manifest")) {
    std::istringstream fields(line);
    JoinedShard shard{};
    std::string name;
    if (!(fields >> shard.file_hash >> shard.rows && std::getline(fields >> std::ws, name)))
      throw Error(Errc::data, fmt::format("{}: has a malformed manifest line '{}'", path.string(), line));
    shard.path = folder_of(path) / name;
    shards.push_back(std::move(shard));
  }
  return shards;
}

void check_joined(fs::path const& path) {
  for (auto const& shard : read_manifest(path)) {
    if (!fs::exists(shard.path))
      throw Error(Errc::data, fmt::format("{}: its shard {} with {} rows is missing; restore it, or collect again", path.string(),
                                          shard.path.string(), shard.rows));
    if (sha256_of_file(shard.path) != shard.file_hash)
      throw Error(Errc::data, fmt::format("{}: its shard {} has changed since it was joined; restore it, or collect again", path.string(),
                                          shard.path.string()));
  }
}

Dataset read_stage(StudyLayout const& layout, std::string const& stage) {
  if (auto const joined = layout.joined(stage); fs::exists(joined)) check_joined(joined);
  return read_dataset(layout.shards(stage));
}

}  // namespace apq::h5
