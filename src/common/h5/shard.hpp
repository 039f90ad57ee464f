#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/core/study_layout.hpp"
#include "common/space/subnet.hpp"

// The shard format: the only place that knows its names, shapes, units and version (docs/shard_format.md).
namespace apq::h5 {

inline constexpr int shard_format_version = 1;

/// What the rows of a shard have in common. Two shards belong to one dataset iff `identity()` is equal.
struct ShardHeader {
  std::string stage;       ///< "fp" or "quant"
  std::uint64_t seed = 0;  ///< study seed
  std::string space_hash, space_name;
  std::string supernet_hash;
  std::string evaluation_hash;  ///< over everything else that labels depend on: splits, counts, sizes, fidelity, engine
  std::string validation_fingerprint, calibration_fingerprint;
  std::string engine, fidelity;
  std::string config;  ///< resolved configuration, YAML
  std::string code_version, libraries, host;
  std::string source;  ///< "collected", or "imported: FILE SHA256"
  int num_genes = 0;
  std::map<std::string, std::string> identity() const;  ///< stage, seed, space, supernet, evaluation hashes
};

struct Row {
  std::uint64_t id = 0;                                ///< sample index
  space::Genes genes;                                  ///< canonical, [num_genes]
  std::uint32_t correct = 0, correct5 = 0, total = 0;  ///< top-1 hits, top-5 hits, images
  float loss = 0;                                      ///< mean cross entropy, nats
  float seconds = 0;                                   ///< wall time of the sample
  float joules = 0;                                    ///< energy of the sample; NaN: unknown
};

struct Shard {
  ShardHeader header;
  std::vector<Row> rows;
};

/// Writes a whole shard (temporary file, fsync, rename), sealed (seal.hpp). A checksum over header and rows is stored.
/// @throws Error(io) naming the file and reason, e.g. disk full; an older file of that name stays as it was.
void write_shard(std::filesystem::path const& file, Shard const& shard);

/// @throws Error(data) naming file and fault: not HDF5, another format version, shapes that disagree, checksum that does not match.
Shard read_shard(std::filesystem::path const& file);

/// All rows of a stage of a study, sorted by id, no id twice.
struct Dataset {
  ShardHeader header;  ///< of the first shard
  std::vector<Row> rows;
  std::vector<std::filesystem::path> files;
  std::vector<std::string> damaged;  ///< messages of shards that could not be read (only with `tolerate_damaged`)
};

enum class OnDamage { fail, tolerate };

/// Reads every *.h5 of `directory` (absent or empty: no rows). An id found twice must have equal labels.
/// @throws Error(data) for shards of different identity (both values named), a damaged shard unless tolerated,
///         or an id with two different labels.
Dataset read_dataset(std::filesystem::path const& directory, OnDamage on_damage = OnDamage::fail);

/// 64 hex digits over the canonical rows sorted by id: id, genes, correct, correct5, total. Not time, energy, loss, host.
std::string content_hash(std::vector<Row> const& rows);

/// A file of virtual datasets that joins the shards into one array each, for h5py; its dataset `manifest` lists the
/// shards ("SHA-256 rows path" a line, paths relative to the file). HDF5 itself reads the rows of a missing shard as fill
/// values: NaN, and the largest number of the type. @throws Error(data) when there is no shard or one is damaged.
void write_joined(std::filesystem::path const& directory, std::filesystem::path const& file);

/// One line of a joined file's manifest.
struct JoinedShard {
  std::filesystem::path path;
  std::size_t rows;
  std::string file_hash;
};
std::vector<JoinedShard> read_manifest(std::filesystem::path const& file);

/// @throws Error(data) naming the first shard of a joined file's manifest that is missing or changed.
void check_joined(std::filesystem::path const& file);

/// The rows of a study's stage; where its joined file exists, every shard that it lists must be there.
Dataset read_stage(StudyLayout const& layout, std::string const& stage);

}  // namespace apq::h5
