#include "collect/shard_watch.hpp"

#include <sstream>

#include <fmt/format.h>
#include <sys/stat.h>

#include "common/core/error.hpp"
#include "common/h5/dataset.hpp"

namespace apq::collect {
namespace fs = std::filesystem;

ShardWatch::Changes ShardWatch::look() {
  Changes changes;
  std::map<std::string, State> there;
  for (auto const& path : h5::shards_in(directory_)) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) continue;  // set aside just now
    State const state{info.st_ino, static_cast<std::uint64_t>(info.st_size), info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec};
    auto const name = path.filename().string();
    auto const known = known_.find(name);
    if (known == known_.end() || known->second != state) changes.news.push_back(path);
    there.emplace(name, state);
  }
  for (auto const& [name, state] : known_) changes.is_any_gone |= !there.contains(name);
  known_ = std::move(there);
  return changes;
}

std::string ShardWatch::known() const {
  std::string text;
  for (auto const& [name, state] : known_) text += fmt::format("{} {} {} {}\n", state.inode, state.bytes, state.changed_ns, name);
  return text;
}

void ShardWatch::know(std::string const& text) {
  known_.clear();
  std::istringstream lines(text);
  State state{};
  std::string name;
  while (lines >> state.inode >> state.bytes >> state.changed_ns >> std::ws && std::getline(lines, name)) known_[name] = state;
}

std::vector<std::uint64_t> delivered(std::vector<fs::path> const& shards, std::string const& own) {
  std::vector<std::uint64_t> ids;
  for (auto const& path : shards) {
    if (path.filename().string().starts_with(own)) continue;
    try {
      for (auto const& row : h5::read_shard(path).rows) ids.push_back(row.id);
    } catch (Error const&) {  // root says what is wrong with it when it reads the stage
    }
  }
  return ids;
}

}  // namespace apq::collect
