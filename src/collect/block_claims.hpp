#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace apq::collect {

/// Claims on blocks of samples, as one node makes them: files in a study (claim_files.hpp), a table in a simulation. They save work and
/// protect nothing: what is in the shards counts.
class BlockClaims {
 public:
  struct Holder {
    bool is_gone;     ///< gave it back, has ended, or has shown no sign of life for long
    std::string who;  ///< for people
  };
  virtual ~BlockClaims() = default;
  /// Of every block that was ever claimed the last generation. One look at a directory.
  virtual std::map<std::uint64_t, std::uint64_t> last_generations() = 0;
  /// Absent: the block's generation is this node's, now or since long ago.
  virtual std::optional<Holder> take(std::uint64_t block, std::uint64_t generation) = 0;
  virtual void release(std::uint64_t block, std::uint64_t generation) = 0;
};

/// Samples of a block, so that a study of `num_samples` has about 64 of them or, where it is large, blocks of 64: enough that many
/// nodes get work, and few enough files.
inline std::uint64_t block_size(std::uint64_t num_samples) {
  auto const fair = num_samples / 64;
  return fair < 1 ? 1 : fair > 64 ? 64 : fair;
}

}  // namespace apq::collect
