#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "common/image/data_config.hpp"
#include "common/mpi/communicator.hpp"
#include "common/space/search_space.hpp"
#include "train/supernet_config.hpp"

namespace apq::train {

/// @throws Error(config) when a batch is more than the training images. Local.
void check_batch(SupernetConfig const& config, std::size_t num_images);

/// Trains and writes `output` (state dict of the release's names), `output` with extension .log.jsonl (one line an epoch)
/// and, while running, `output` with .checkpoint, from which a stopped training goes on. Data-parallel: each step's
/// batch is split over the ranks and the gradients are averaged. Deterministic for a given number of ranks.
/// Collective over `comm`.
/// @throws as check_batch; Error(data) for a checkpoint of another training; Error(numeric)
/// when the loss is not finite, naming the step; Error(io).
/// @param may_write  asked on root at the end: false leaves everything as it is; empty: always.
/// @param saved      called on every rank when a checkpoint is on the disk; empty: nobody is told.
void train_supernet(mpi::Communicator const& comm, space::SearchSpace const& space, image::Splits const& splits,
                    image::DataConfig const& data, SupernetConfig const& config, std::uint64_t seed, std::filesystem::path const& output,
                    std::function<bool()> const& may_write = {}, std::function<void()> const& saved = {});

}  // namespace apq::train
