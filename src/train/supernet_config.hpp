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
inline SupernetConfig read_supernet_config(Config section) {
  SupernetConfig c;
  c.teacher_epochs = section.get_or<int>("teacher_epochs", c.teacher_epochs, {0, 10'000},
                                         {"Epochs in which the largest network is trained alone", "epochs"});
  c.epochs = section.get_or<int>("epochs", c.epochs, {0, 10'000},
                                 {"Epochs of sandwich sampling: the largest, the smallest and random subnets in every step", "epochs"});
  c.batch = section.get_or<int>("batch", c.batch, {1, 1 << 20}, {"Images of a step over all ranks", "images"});
  c.random_subnets = section.get_or<int>("random_subnets", c.random_subnets, {0, 64},
                                         {"Random subnets of a step, beside the largest and the smallest", "subnets"});
  c.teacher_learning_rate = section.get_or<double>("teacher_learning_rate", c.teacher_learning_rate, {0.0, 100.0},
                                                   {"Peak learning rate of the first phase; cosine to zero"});
  c.learning_rate =
      section.get_or<double>("learning_rate", c.learning_rate, {0.0, 100.0}, {"Peak learning rate of the second phase; cosine to zero"});
  c.warmup = section.get_or<double>("warmup", c.warmup, {0.0, 0.9}, {"Share of a phase in which the rate rises linearly"});
  c.momentum = section.get_or<double>("momentum", c.momentum, {0.0, 0.9999}, {"Nesterov momentum"});
  c.weight_decay =
      section.get_or<double>("weight_decay", c.weight_decay, {0.0, 1.0}, {"Weight decay of the convolutions and the classifier's matrix"});
  c.label_smoothing =
      section.get_or<double>("label_smoothing", c.label_smoothing, {0.0, 0.99}, {"Label smoothing of the largest network's loss"});
  c.augmentation.flip = section.get_or<bool>("flip", c.augmentation.flip, {"Mirror training images left-right with probability one half"});
  c.augmentation.shift = section.get_or<int>("shift", c.augmentation.shift, {0, 64},
                                             {"Move training images by up to so many pixels in x and y, black behind", "pixels"});
  c.augmentation.random_crop =
      section.get_or<double>("random_crop", c.augmentation.random_crop, {0.0, 1.0},
                             {"Cut a random rectangle of at least this share of the area out of training images and resize it; 0: off"});
  c.augmentation.brightness = section.get_or<double>("brightness", c.augmentation.brightness, {0.0, 1.0},
                                                     {"Draw a factor of the brightness from [1 - v, 1 + v]; 0: off"});
  c.augmentation.contrast = section.get_or<double>("contrast", c.augmentation.contrast, {0.0, 1.0},
                                                   {"Draw a factor of the contrast from [1 - v, 1 + v]; 0: off"});
  c.augmentation.saturation = section.get_or<double>("saturation", c.augmentation.saturation, {0.0, 1.0},
                                                     {"Draw a factor of the saturation from [1 - v, 1 + v]; 0: off"});
  c.checkpoint_epochs = section.get_or<int>("checkpoint_epochs", c.checkpoint_epochs, {1, 10'000},
                                            {"A checkpoint is written after every so many epochs", "epochs"});
  c.monitor_images = section.get_or<int>("monitor_images", c.monitor_images, {1, 10'000'000},
                                         {"Validation images behind the accuracies of the log", "images"});
  return c;
}

}  // namespace apq::train
