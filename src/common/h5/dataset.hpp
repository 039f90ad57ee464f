#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "common/core/study_layout.hpp"
#include "common/h5/shard.hpp"

namespace apq::h5 {

struct DamagedShard {
  std::filesystem::path path;
  std::string message;
};

/// All rows of a stage of a study, sorted by id, no id twice.
struct Dataset {
  ShardHeader header;  ///< of the first shard
  std::vector<Row> rows;
  std::vector<ShardFile> files;       ///< by path; `rows` of a file counts what it holds, also ids that another one has
  std::vector<DamagedShard> damaged;  ///< shards that could not be read (only where that is tolerated)
};

enum class OnDamage { fail, tolerate };

/// The shards of a directory (*.h5), sorted; an absent directory has none.
std::vector<std::filesystem::path> shards_in(std::filesystem::path const& directory);

/// Two labels of one sample that differ; the message names both files.
class Contradiction : public Error {
 public:
  Contradiction(std::filesystem::path elder, std::filesystem::path younger, std::uint64_t id);
  std::filesystem::path elder, younger;  ///< by the time when they were last written
};

/// Equal labels of one sample count once. A shard whose path the dataset has replaces that file's entry, for it only grows: what the
/// dataset has of it stays.
/// @throws Error(data) for a shard of different identity (each part that differs named with both values); Contradiction, when all
///         else is in the dataset and it has one of the two labels.
void add_shards(Dataset& dataset, std::vector<StoredShard> shards);

/// Adds these shards, each opened once. @throws as read_dataset.
void read_shards(Dataset& dataset, std::vector<std::filesystem::path> const& files, OnDamage on_damage);

/// Reads every shard of `directory` (absent or empty: no rows), each opened once. An id found twice must have equal labels.
/// @throws as add_shards; Error(data) for a damaged shard unless tolerated; OtherVersion in any case.
Dataset read_dataset(std::filesystem::path const& directory, OnDamage on_damage = OnDamage::fail);

/// The rows of a study's stage; where its joined file exists, every shard that it lists must be there, unchanged. Each shard is
/// opened once. @throws Error(data) as read_dataset and check_joined.
Dataset read_stage(StudyLayout const& layout, std::string const& stage);
Dataset read_stage(std::filesystem::path const& directory, std::filesystem::path const& joined);

/// Leaves out rows whose ids are not below `num_samples`: what an earlier, larger collection left. Rows that were imported all stay.
void keep_asked_for(Dataset& dataset, std::uint64_t num_samples);

/// 64 hex digits over the canonical rows sorted by id: id, genes, correct, correct5, total. Not time, energy, loss, host.
std::string content_hash(std::vector<Row> const& rows);

}  // namespace apq::h5
