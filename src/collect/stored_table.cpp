#include "collect/stored_table.hpp"

#include <fmt/format.h>

#include "collect/directory_lock.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/config.hpp"
#include "common/core/error.hpp"
#include "common/h5/dataset.hpp"

namespace apq::collect {

void require_space(std::filesystem::path const& study, space::SearchSpace const& space) {
  StudyLayout const layout{study};
  if (!std::filesystem::exists(layout.config())) return;
  auto config = Config::load(layout.config());
  auto const own = space::load_space(config.path("space", {"The study's search space"}));
  if (own.hash != space.hash)
    throw Error(Errc::data, fmt::format("{}: is a study of space {} ({}), not of {} ({}); choose another --study", study.string(), own.name,
                                        own.hash, space.name, space.hash));
}

bool holds_table(StudyLayout const& layout, h5::Shard const& shard) {
  auto const directory = layout.shards(shard.header.stage);
  auto const there = h5::read_dataset(directory);
  if (there.files.empty()) return false;
  if (!h5::difference(there.header, shard.header).empty() || h5::content_hash(there.rows) != h5::content_hash(shard.rows))
    throw Error(Errc::data, fmt::format("{}: holds other rows ({}, {}); a table needs a study of its own", directory.string(),
                                        there.rows.size(), there.header.source));
  return true;
}

bool store_table(StudyLayout const& layout, h5::Shard const& shard) {
  auto const directory = layout.shards(shard.header.stage);
  make_directory(directory);
  DirectoryLock const lock(directory);
  bool const was_there = holds_table(layout, shard);
  if (!was_there) h5::write_shard(directory / fmt::format("imported-{}-00000.h5", h5::content_hash(shard.rows).substr(0, 12)), shard);
  return was_there;
}

}  // namespace apq::collect
