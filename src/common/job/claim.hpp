#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <variant>

#include "common/core/record_file.hpp"

// Claims on pieces of work: files that exactly one process creates, on any file system that creates exclusively (NFS does, and knows no
// lock that everybody honours). A claim saves work and protects nothing: whoever lost one without knowing may still finish, so what is
// claimed must be such that doing it twice is harmless. A piece is claimed as STEM.0; where the holder of STEM.N is gone or has released
// it, as STEM.N+1.
namespace apq::job {

inline constexpr RecordFormat claim_format{"apq claim", 1, "it may be removed: claims save work and nothing more"};

/// Who claims.
struct Claimant {
  std::string job;   ///< the job's token: whose heartbeat says whether the claim still counts
  std::string host;  ///< for people
  std::string id;    ///< random_token of the process that claims: nodes of one job claim apart
};

struct Claimed {
  std::uint64_t generation;
};

struct HeldBy {
  std::string job;  ///< token; empty: not known, as its holder ended, or is still, between making the file and writing into it
  std::string host;
  std::uint64_t generation;
  bool is_released;            ///< given back: the next generation is free
  std::filesystem::path file;  ///< STEM.N
};

using Claim = std::variant<Claimed, HeldBy>;

/// Claims STEM.GENERATION; its directory is made. A file that this claimant wrote counts as claimed, since over NFS the answer to a
/// creation that succeeded may be lost and the repetition find it. Durable when it returns. @throws Error(io).
Claim try_claim(std::filesystem::path const& stem, std::uint64_t generation, Claimant const& me);

/// Claims the generation after the last one, where that is released or `is_gone` says so of its holder; else says who holds it. It lists
/// the stem's directory: for few pieces, each claimed many times. @throws Error(io).
Claim claim_next(std::filesystem::path const& stem, Claimant const& me, std::function<bool(HeldBy const&)> const& is_gone);

/// True when the last generation is claimed by `me`: nobody has taken this claimant for gone and claimed after it. It lists the directory.
bool holds(std::filesystem::path const& stem, Claimant const& me);

/// Gives back what `me` claimed as STEM.GENERATION. @throws Error(io).
void release(std::filesystem::path const& stem, std::uint64_t generation, Claimant const& me);

}  // namespace apq::job
