#include "train/supernet_config.hpp"

namespace apq::train {

SupernetConfig read_supernet_config(Config section) {
  SupernetConfig c;
  c.teacher_epochs = section.get_or<int>("teacher_epochs", c.teacher_epochs, {0, 10'000});
  c.epochs = section.get_or<int>("epochs", c.epochs, {0, 10'000});
  c.batch = section.get_or<int>("batch", c.batch, {1, 1 << 20});
  c.random_subnets = section.get_or<int>("random_subnets", c.random_subnets, {0, 64});
  c.teacher_learning_rate = section.get_or<double>("teacher_learning_rate", c.teacher_learning_rate, {0.0, 100.0});
  c.learning_rate = section.get_or<double>("learning_rate", c.learning_rate, {0.0, 100.0});
  c.warmup = section.get_or<double>("warmup", c.warmup, {0.0, 0.9});
  c.momentum = section.get_or<double>("momentum", c.momentum, {0.0, 0.9999});
  c.weight_decay = section.get_or<double>("weight_decay", c.weight_decay, {0.0, 1.0});
  c.label_smoothing = section.get_or<double>("label_smoothing", c.label_smoothing, {0.0, 0.99});
  c.augmentation.flip = section.get_or<bool>("flip", c.augmentation.flip);
  c.augmentation.shift = section.get_or<int>("shift", c.augmentation.shift, {0, 64});
  c.augmentation.random_crop = section.get_or<double>("random_crop", c.augmentation.random_crop, {0.0, 1.0});
  c.augmentation.brightness = section.get_or<double>("brightness", c.augmentation.brightness, {0.0, 1.0});
  c.augmentation.contrast = section.get_or<double>("contrast", c.augmentation.contrast, {0.0, 1.0});
  c.augmentation.saturation = section.get_or<double>("saturation", c.augmentation.saturation, {0.0, 1.0});
  c.checkpoint_epochs = section.get_or<int>("checkpoint_epochs", c.checkpoint_epochs, {1, 10'000});
  c.monitor_images = section.get_or<int>("monitor_images", c.monitor_images, {1, 10'000'000});
  return c;
}

}  // namespace apq::train
