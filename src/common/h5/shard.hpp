#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/core/error.hpp"
#include "common/h5/shard_header.hpp"
#include "common/space/subnet.hpp"

// The shard format: the only place that knows its names, shapes, units and version (docs/shard_format.md).
namespace apq::h5 {

inline constexpr int shard_format_version = 2;

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

/// A shard's file as it was when it was read: by this a manifest or a stamp knows it again.
struct ShardFile {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::string sha256;  ///< of all bytes, 64 hex digits
  std::size_t rows = 0;
};

struct StoredShard {
  ShardFile file;
  Shard shard;
};

/// A sound shard of another format version: no damage, so nobody may set it aside.
class OtherVersion : public Error {
 public:
  using Error::Error;
};

/// Shards may be written and read by several threads of a process; all else of this folder by one at a time, and not beside them.
/// Writes a whole shard (temporary file, fsync, rename), sealed (seal.hpp). A checksum over header and rows is stored.
/// @throws Error(io) naming the file and reason, e.g. disk full; an older file of that name stays as it was.
void write_shard(std::filesystem::path const& file, Shard const& shard);

/// Opens the file once and reads it whole; what is hashed and what is parsed are the same bytes.
/// @throws Error(data) naming file and fault: not HDF5, shapes that disagree, checksum that does not match; OtherVersion(data) naming
///         both versions.
StoredShard load_shard(std::filesystem::path const& file);
/// The same where the file does not matter.
Shard read_shard(std::filesystem::path const& file);

/// What is counted: the ids of a shard, and where its rows are from.
struct ShardIds {
  std::vector<std::uint64_t> ids;
  bool are_collected;  ///< false: imported
};

/// Opens the file once and reads its ids alone, of any version that has them. @throws Error(data) as load_shard, for what of it is read.
ShardIds read_shard_ids(std::filesystem::path const& file);

}  // namespace apq::h5
