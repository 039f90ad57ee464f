#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace apq::collect {

/// Which shards of a directory are new or have grown since the last look: a shard is only ever replaced as a whole, so that a change of
/// its inode, time or size tells. None is opened.
class ShardWatch {
 public:
  struct State {
    std::uint64_t inode, bytes;
    std::int64_t changed_ns;
    bool operator==(State const&) const = default;
  };
  struct Changes {
    std::vector<std::filesystem::path> news;  ///< sorted
    bool is_any_gone = false;                 ///< one that was there is not any more
  };
  explicit ShardWatch(std::filesystem::path directory) : directory_(std::move(directory)) {}

  Changes look();
  /// What is known, in text that `know` takes on another rank.
  std::string known() const;
  void know(std::string const& text);

 private:
  std::filesystem::path directory_;
  std::map<std::string, State> known_;  // by file name
};

/// The ids in those shards whose names do not begin with `own`; what cannot be read is left out, until it changes.
std::vector<std::uint64_t> delivered(std::vector<std::filesystem::path> const& shards, std::string const& own);

}  // namespace apq::collect
