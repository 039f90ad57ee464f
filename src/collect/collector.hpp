#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "collect/collect_config.hpp"
#include "common/core/study_layout.hpp"
#include "common/energy/journal.hpp"
#include "common/h5/shard_header.hpp"
#include "common/job/heartbeat.hpp"
#include "common/job/job_config.hpp"
#include "common/mpi/communicator.hpp"
#include "common/space/search_space.hpp"
#include "evaluate/evaluator.hpp"

namespace apq::collect {

struct CollectRequest {
  space::SearchSpace const* space;
  h5::ShardHeader header;     ///< stage, seed, hashes; num_genes is filled in
  std::uint64_t num_samples;  ///< ids 0 .. num_samples-1 will be there, as far as the space has so many subnets
  StudyLayout study;          ///< the stage's shards, claims, quarantine and joined file lie there
  CollectConfig config;
  job::JobConfig jobs = {};
  /// This job's, on root: figures of the collection are told to it. Null: one is made for as long as the collection takes.
  job::JobHeartbeat* heartbeat = nullptr;
  bool join = true;                ///< writes the file that joins the shards for h5py (write_joined)
  bool retry_quarantined = false;  ///< samples in quarantine are tried again
  /// Energy that this rank answers for so far, J: a row gets what is added during its sample; empty: unknown.
  std::function<double()> joules = {};
  /// What becomes of it: useful where a row is in a shard, lost where a sample failed; empty: nobody keeps an account.
  std::function<void(double energy::Uses::*use, double joules)> claim = {};
  /// Of a sample, about proportional to its time; empty: unknown.
  std::function<double(space::Genes const&)> cost_of = {};
  /// Collective over the collection's ranks; called once, and only when a sample is missing, before the first evaluator is made: what
  /// evaluators need and is dear, e.g. decoding images.
  std::function<void()> prepare = {};
};

struct CollectResult {
  std::uint64_t already_there;
  std::uint64_t collected;    ///< since then, by this job and others
  std::uint64_t quarantined;  ///< of the samples asked for, could not be labelled
};

/// Labels the samples whose ids are missing, beside any number of jobs that do the same. Nodes claim blocks of ids by files; the ranks of
/// a node share a block and write shards together; nothing is sent between nodes while they label. What counts is in the shards: a sample
/// labelled twice is there once. Damaged shards are set aside as *.damaged, contradicting ones as *.contradicting, and their ids collected
/// again. It ends when every sample asked for is in a shard or in quarantine; the whole set is then read back, checked and joined. An
/// evaluator is made on each rank only when there is work, and must not use MPI.
/// A sample that cannot be labelled (label_sample.hpp) is tried once more, then put into quarantine.
/// A space with fewer subnets than samples asked for has each labelled once, and the log says so.
/// When a rank fails or is asked to stop (core/stop_request.hpp), its node stops after the samples in hand, writes what it has and gives
/// back what it claimed. Before the job's deadline no sample is begun that would not be done by then.
/// Collective over `comm`.
/// @throws Error(data) when shards of another space, seed, supernet or evaluation are there (both hashes named), or their
///         samples are other subnets, or too many samples are in quarantine; Error(io) when a shard or claim cannot be written;
///         Error(stopped).
CollectResult collect(mpi::Communicator const& comm, CollectRequest request,
                      std::function<std::unique_ptr<evaluate::Evaluator>()> const& make_evaluator);

}  // namespace apq::collect
