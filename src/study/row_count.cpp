#include "study/row_count.hpp"

#include <algorithm>
#include <utility>

#include "common/core/error.hpp"
#include "common/h5/dataset.hpp"

namespace apq::study {

std::uint64_t RowCount::look(std::uint64_t wanted) {
  std::map<std::filesystem::path, Seen> now;
  for (auto const& shard : h5::shards_in(directory_)) {
    auto const state = state_of(shard);
    if (!state) continue;  // set aside just now
    auto const seen = seen_.find(shard);
    if (seen != seen_.end() && seen->second.state == *state) {
      now[shard] = std::move(seen->second);
      continue;
    }
    try {
      auto read = h5::read_shard_ids(shard);
      now[shard] = {*state, std::move(read.ids), read.are_collected};
    } catch (Error const&) {  // whoever collects names it and sets it aside
      now[shard] = {*state, {}, true};
    }
  }
  seen_ = std::move(now);
  std::vector<std::uint64_t> ids;
  for (auto const& [path, shard] : seen_)
    for (auto const id : shard.ids)
      if (id < wanted || !shard.are_collected) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return static_cast<std::uint64_t>(std::unique(ids.begin(), ids.end()) - ids.begin());
}

}  // namespace apq::study
