#pragma once

#include <filesystem>
#include <functional>

#include "collect/shard_watch.hpp"
#include "common/h5/dataset.hpp"

namespace apq::collect {

/// A stage's rows as its shards have them, kept up to date while jobs write. Shards that are damaged, or contradict an elder one, are set
/// aside, as NAME.damaged and NAME.contradicting, and their samples count as missing.
class StoredRows {
 public:
  using Check = std::function<void(h5::Dataset const&)>;
  explicit StoredRows(std::filesystem::path directory) : directory_(std::move(directory)), watch_(directory_) {}

  /// Reads what is new or has grown since the last time; each file once. `check` is asked whether the dataset is the right one before
  /// anything is set aside because of what it says.
  /// @throws Error(data) for shards of another dataset (add_shards) or format; whatever `check` throws.
  h5::Dataset const& refresh(Check const& check);
  h5::Dataset const& dataset() const { return dataset_; }
  ShardWatch const& watch() const { return watch_; }

 private:
  bool read_changes(Check const& check);
  std::filesystem::path directory_;
  ShardWatch watch_;
  h5::Dataset dataset_;
};

}  // namespace apq::collect
