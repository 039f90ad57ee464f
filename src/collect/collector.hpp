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
  std::uint64_t num_samples;          ///< ids 0 .. num_samples-1 will be there
  std::filesystem::path directory;    ///< of the stage's shards
  std::filesystem::path joined = {};  ///< file that joins them for h5py (write_joined); empty: none is written
  CollectConfig config;
  std::function<double(double seconds)> joules_of;  ///< energy of so many busy seconds; empty: unknown
  std::function<double(space::Genes const&)> cost_of =
      {};  ///< of a sample, about proportional to its time (claim_order.hpp); empty: unknown
};

struct CollectResult {
  std::uint64_t already_there, collected;
};

/// Labels the samples whose ids are missing in `directory`. The ranks take them one by one from a shared counter; those of a
/// node write shards together. Damaged shards are set aside as *.damaged and their ids collected again. At the end the whole
/// set is read back, checked and joined. An evaluator is made on each rank only when there is work, and must not use MPI.
/// When one rank fails or gets SIGTERM, SIGINT or SIGUSR1, all stop after the sample in hand and write what they have.
/// Collective over `comm`.
/// @throws Error(data) when shards of another space, seed, supernet or evaluation are there (both hashes named), or their
///         samples are other subnets; Error(numeric) when a label is not finite (sample and genes named);
///         Error(io) when a shard cannot be written, another run holds the directory, or a signal stopped the collection.
CollectResult collect(mpi::Communicator const& comm, CollectRequest request,
                      std::function<std::unique_ptr<evaluate::Evaluator>()> const& make_evaluator);

}  // namespace apq::collect
