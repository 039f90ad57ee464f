#pragma once

#include "common/core/config.hpp"
#include "common/image/augment.hpp"

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

/// @throws Error(config) with file:line.
SupernetConfig read_supernet_config(Config section);

}  // namespace apq::train
