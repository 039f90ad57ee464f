#pragma once

#include <cstdint>

#include "common/net/supernet.hpp"
#include "train/training_images.hpp"

namespace apq::train {

/// One pass of the largest network, batch statistics throughout. Its gradients are added to those of the supernet's tensors.
struct TeacherPass {
  double loss;        ///< mean smoothed cross entropy, nats
  at::Tensor logits;  ///< [images, classes], detached
};
TeacherPass teacher_pass(net::Supernet const& supernet, TrainingBatch const& batch, double label_smoothing);

/// In-place distillation (Yu et al., ECCV 2020, "BigNAS"): the smallest network and `num_random` random ones learn what the largest one
/// says in this step. Their gradients are added likewise.
/// @param seed, global_step  of the random ones, the same on every rank
void student_passes(net::Supernet const& supernet, TrainingBatch const& batch, at::Tensor const& teacher_logits, int num_random,
                    std::uint64_t seed, std::uint64_t global_step);

}  // namespace apq::train
