#include "common/h5/joined.hpp"

#include <array>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/h5/h5_file.hpp"

namespace apq::h5 {
namespace fs = std::filesystem;
namespace {

fs::path folder_of(fs::path const& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

// Paths of shards in few folders, of which each is looked up once.
class Folders {
 public:
  explicit Folders(std::function<fs::path(fs::path const&)> form) : form_(std::move(form)) {}
  fs::path operator()(fs::path const& file) {
    auto const folder = folder_of(file);
    auto const [found, is_new] = forms_.try_emplace(folder);
    if (is_new) found->second = form_(folder);
    return found->second / file.filename();
  }

 private:
  std::function<fs::path(fs::path const&)> form_;
  std::map<fs::path, fs::path> forms_;
};

// What HDF5 gives for the rows of a missing shard: nothing that could pass for a label.
template <class T>
constexpr T fill_value() {
  using Limits = std::numeric_limits<T>;
  return Limits::has_quiet_NaN ? Limits::quiet_NaN() : Limits::max();
}

template <class T>
void add_virtual(File& file, std::string const& name, std::size_t columns, std::vector<ShardFile> const& sources) {
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

void write_joined(Dataset const& dataset, fs::path const& path) {
  if (dataset.files.empty()) throw Error(Errc::data, fmt::format("{}: there are no shards to join", path.string()));
  auto sources = dataset.files;
  std::vector<std::string> manifest;
  Folders relative([&](fs::path const& folder) { return fs::relative(folder, folder_of(path)); });
  for (auto& source : sources) {
    source.path = relative(source.path).lexically_normal();
    manifest.push_back(fmt::format("{} {} {}", source.sha256, source.rows, source.path.string()));
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

std::vector<ShardFile> read_manifest(fs::path const& path) {
  std::vector<ShardFile> shards;
  for (auto const& line : File::open(path).read_lines("manifest")) {
    std::istringstream fields(line);
    ShardFile shard;
    std::string name;
    if (!(fields >> shard.sha256 >> shard.rows && std::getline(fields >> std::ws, name)))
      throw Error(Errc::data, fmt::format("{}: has a malformed manifest line '{}'", path.string(), line));
    shard.path = folder_of(path) / name;
    shards.push_back(std::move(shard));
  }
  return shards;
}

std::optional<std::vector<ShardFile>> sound_manifest(fs::path const& path) {
  if (!fs::exists(path)) return std::nullopt;
  try {
    return read_manifest(path);
  } catch (Error const& e) {
    log::root().warn("{}; it joins shards and holds nothing of its own: the collection writes it anew", e.what());
    return std::nullopt;
  }
}

void check_joined(fs::path const& path, std::vector<ShardFile> const& manifest, Dataset const& dataset) {
  Folders canonical([](fs::path const& folder) { return fs::weakly_canonical(folder); });
  std::map<fs::path, ShardFile const*> there;
  for (auto const& file : dataset.files) there.emplace(canonical(file.path), &file);
  for (auto const& shard : manifest) {
    auto const found = there.find(canonical(shard.path));
    if (found == there.end())
      throw Error(Errc::data, fmt::format("{}: its shard {} with {} rows is missing; restore it, or remove {} and collect again",
                                          path.string(), shard.path.string(), shard.rows, path.filename().string()));
    // Another job may have added rows to it.
    if (found->second->sha256 != shard.sha256 && found->second->rows <= shard.rows)
      throw Error(Errc::data, fmt::format("{}: its shard {} has changed since it was joined; restore it, or collect again", path.string(),
                                          shard.path.string()));
  }
}

bool joins(fs::path const& path, Dataset const& dataset) {
  if (!fs::exists(path)) return false;
  try {
    auto const manifest = read_manifest(path);
    check_joined(path, manifest, dataset);
    auto const digests = [](std::vector<ShardFile> const& files) {
      std::multiset<std::string> all;
      for (auto const& file : files) all.insert(file.sha256);
      return all;
    };
    return digests(manifest) == digests(dataset.files);
  } catch (Error const&) {
    return false;
  }
}

}  // namespace apq::h5
