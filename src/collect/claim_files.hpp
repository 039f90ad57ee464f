#pragma once

#include <filesystem>
#include <map>
#include <utility>

#include "collect/block_claims.hpp"
#include "common/job/claim.hpp"
#include "common/job/job_watch.hpp"

namespace apq::collect {

/// Claims on a stage's blocks as files FIRST+SIZE.GENERATION of one directory (common/job/claim.hpp): blocks of another size, which a study
/// of another number of samples has, are others. They may be removed at any time.
class ClaimFiles : public BlockClaims {
 public:
  /// `watch` must outlive it.
  ClaimFiles(std::filesystem::path directory, std::uint64_t block_size, job::Claimant me, job::JobWatch& watch);
  std::map<std::uint64_t, std::uint64_t> last_generations() override;
  /// A claim that another holds is read once; whether its holder is gone is looked up each time. @throws Error(io).
  std::optional<Holder> take(std::uint64_t block, std::uint64_t generation) override;
  /// @throws Error(io).
  void release(std::uint64_t block, std::uint64_t generation) override;

 private:
  std::filesystem::path stem(std::uint64_t block) const;
  std::filesystem::path directory_;
  std::uint64_t block_size_;
  job::Claimant me_;
  job::JobWatch& watch_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, job::HeldBy> held_;
};

}  // namespace apq::collect
