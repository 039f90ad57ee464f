#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/sha256.hpp"
#include "common/h5/h5_file.hpp"
#include "common/h5/shard.hpp"

namespace apq::h5 {
namespace fs = std::filesystem;
namespace {

struct Source {
  std::string path;  // relative to the joined file's folder
  std::size_t rows;
  std::string file_hash;
};

void add_virtual(File& file, std::string const& name, hid_t type, std::size_t columns,
                 std::vector<Source> const& sources) {
  std::size_t total = 0;
  for (auto const& source : sources) total += source.rows;
  int const rank = columns == 0 ? 1 : 2;
  std::array<hsize_t, 2> const dims{total, columns};
  SpaceHandle const space(H5Screate_simple(rank, dims.data(), nullptr), "H5Screate_simple");
  PropertyHandle const properties(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate");
  std::size_t offset = 0;
  for (auto const& source : sources) {
    if (source.rows == 0) continue;
    std::array<hsize_t, 2> const count{source.rows, columns};
    std::array<hsize_t, 2> const start{offset, 0};
    SpaceHandle const from(H5Screate_simple(rank, count.data(), nullptr), "H5Screate_simple");
    H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
    if (H5Pset_virtual(properties.get(), space.get(), source.path.c_str(), name.c_str(),
                       from.get()) < 0)
      throw Error(Errc::io,
                  fmt::format("{}: cannot join dataset {} ({})", file.name(), name, error_stack()));
    offset += source.rows;
  }
  H5Sselect_all(space.get());
  DatasetHandle const dataset(H5Dcreate2(file.id(), name.c_str(), type, space.get(), H5P_DEFAULT,
                                         properties.get(), H5P_DEFAULT),
                              fmt::format("{}: cannot create dataset {}", file.name(), name));
}

}  // namespace

void write_joined(fs::path const& directory, fs::path const& path) {
  std::vector<fs::path> files;
  for (auto const& entry : fs::directory_iterator(directory))
    if (entry.path().extension() == ".h5") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  if (files.empty())
    throw Error(Errc::data, fmt::format("{}: holds no shards to join", directory.string()));
  std::vector<Source> sources;
  std::size_t num_genes = 0;
  for (auto const& file : files) {
    auto const shard = read_shard(
        file);  // a missing or damaged shard is an error here; HDF5 itself would read zeros
    num_genes = static_cast<std::size_t>(shard.header.num_genes);
    sources.push_back(
        {fs::relative(file, path.has_parent_path() ? path.parent_path() : fs::path(".")).string(),
         shard.rows.size(), sha256_of_file(file)});
  }
  auto file = File::create(path.string());
  add_virtual(file, "id", H5T_NATIVE_UINT64, 0, sources);
  add_virtual(file, "genes", H5T_NATIVE_UINT8, num_genes, sources);
  for (char const* name : {"correct", "correct5", "total"})
    add_virtual(file, name, H5T_NATIVE_UINT32, 0, sources);
  for (char const* name : {"loss", "seconds", "joules"})
    add_virtual(file, name, H5T_NATIVE_FLOAT, 0, sources);
  std::string manifest;
  for (auto const& source : sources)
    manifest += fmt::format("{} {} {}\n", source.file_hash, source.rows, source.path);
  file.write_attribute("format", "apq joined dataset");
  file.write_attribute("manifest", manifest);
  replace_file(path, file.image());
}

void check_joined(fs::path const& path) {
  auto const manifest = File::open(path).text_attribute("manifest");
  std::istringstream lines(manifest);
  std::string hash, name;
  std::size_t rows = 0;
  while (lines >> hash >> rows && std::getline(lines >> std::ws, name)) {
    auto const shard = path.parent_path() / name;
    if (!fs::exists(shard))
      throw Error(Errc::data,
                  fmt::format("{}: its shard {} is missing; HDF5 would read its {} rows as zeros",
                              path.string(), name, rows));
    if (sha256_of_file(shard) != hash)
      throw Error(
          Errc::data,
          fmt::format("{}: its shard {} has changed since it was joined; run `apq data join` again",
                      path.string(), name));
  }
}

}  // namespace apq::h5
