#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "common/core/config.hpp"
#include "common/image/augment.hpp"
#include "common/image/data_config.hpp"
#include "common/mpi/communicator.hpp"
#include "common/space/search_space.hpp"

namespace apq::train {

/// Section `supernet` of an experiment: how a once-for-all network is trained. Two phases: the largest network alone
/// (the teacher), its channels sorted by importance, then sandwich sampling with in-place distillation (largest, smallest
/// and some random subnets every step; Yu et al., ECCV 2020, "BigNAS"). Where the space has several image sizes, each
/// step draws one for all its images, as OFA does (Cai et al., ICLR 2020); the log's accuracies are at the largest.
struct SupernetConfig {
  int teacher_epochs = 6;
  int epochs = 14;
  int batch = 128;                                           ///< images per step over all ranks
  int random_subnets = 2;                                    ///< per step, beside the largest and the smallest
  double teacher_learning_rate = 0.1, learning_rate = 0.05;  ///< peak; cosine to zero within each phase
  double warmup = 0.05;                                      ///< share of a phase in which the rate rises linearly
  double momentum = 0.9;                                     ///< Nesterov
  double weight_decay = 3e-5;                                ///< of convolutions and the classifier's matrix
  double label_smoothing = 0.1;                              ///< of the largest network's loss
  image::Augmentation augmentation;
  int checkpoint_epochs = 1;
  int monitor_images = 2000;  ///< of the validation split, for the log only
};
SupernetConfig read_supernet_config(Config section);

/// Trains and writes `output` (state dict of the release's names), `output` with extension .log.jsonl (one line an epoch)
/// and, while running, `output` with .checkpoint, from which a stopped training goes on. Data-parallel: each step's
/// batch is split over the ranks and the gradients are averaged. Deterministic for a given number of ranks.
/// Collective over `comm`. @throws Error(numeric) when the loss is not finite, naming the step.
void train_supernet(mpi::Communicator const& comm, space::SearchSpace const& space, image::Splits const& splits,
                    image::DataConfig const& data, SupernetConfig const& config, std::uint64_t seed, std::filesystem::path const& output);

}  // namespace apq::train
