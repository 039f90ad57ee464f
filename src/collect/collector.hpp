#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "collect/collect_config.hpp"
#include "common/h5/shard_header.hpp"
#include "common/mpi/communicator.hpp"
#include "common/space/search_space.hpp"
#include "evaluate/evaluator.hpp"

namespace apq::collect {

struct CollectRequest {
  space::SearchSpace const* space;
  h5::ShardHeader header;             ///< stage, seed, hashes; num_genes is filled in
  std::uint64_t num_samples;          ///< ids 0 .. num_samples-1 will be there, as far as the space has so many subnets
  std::filesystem::path directory;    ///< of the stage's shards
  std::filesystem::path joined = {};  ///< file that joins them for h5py (write_joined); empty: none is written
  CollectConfig config;
  /// Energy that this rank answers for so far, J: a row gets what is added during its sample; empty: unknown.
  std::function<double()> joules = {};
  /// Of a sample, about proportional to its time (claim_order.hpp); empty: unknown.
  std::function<double(space::Genes const&)> cost_of = {};
  /// Collective over the collection's ranks; called once, and only when a sample is missing, before the first evaluator is made: what
  /// evaluators need and is dear, e.g. decoding images.
  std::function<void()> prepare = {};
  bool lock = true;  ///< false: the caller guards the directory against other runs
};

struct CollectResult {
  std::uint64_t already_there, collected;
};

/// Labels the samples whose ids are missing in `directory`. The ranks take them one by one from a shared counter; those of a
/// node write shards together. Damaged shards are set aside as *.damaged and their ids collected again. At the end the whole
/// set is read back, checked and joined. An evaluator is made on each rank only when there is work, and must not use MPI.
/// A space with fewer subnets than samples asked for has each labelled once, and the log says so.
/// When one rank fails or is asked to stop (core/stop_request.hpp), all stop after the sample in hand and write what they have.
/// Collective over `comm`.
/// @throws Error(data) when shards of another space, seed, supernet or evaluation are there (both hashes named), or their
///         samples are other subnets; Error(numeric) when a label is not finite (sample and genes named);
///         Error(io) when a shard cannot be written, another run holds the directory, or a signal stopped the collection.
CollectResult collect(mpi::Communicator const& comm, CollectRequest request,
                      std::function<std::unique_ptr<evaluate::Evaluator>()> const& make_evaluator);

}  // namespace apq::collect
