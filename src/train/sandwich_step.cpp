#include "train/sandwich_step.hpp"

#include <ATen/ATen.h>

#include "common/core/random.hpp"
#include "common/net/reference_forward.hpp"
#include "common/net/subnet_net.hpp"
#include "common/space/subnet.hpp"
#include "train/distillation_loss.hpp"

namespace apq::train {
namespace {

at::Tensor logits_of(net::Supernet const& supernet, space::Subnet const& subnet, at::Tensor const& images) {
  net::ForwardOptions options;
  options.norm = net::NormMode::batch;
  return net::reference_forward(net::slice(supernet, subnet), images, options);
}

}  // namespace

TeacherPass teacher_pass(net::Supernet const& supernet, TrainingBatch const& batch, double label_smoothing) {
  auto const logits = logits_of(supernet, space::largest_subnet(supernet.space), batch.images);
  auto const loss = soft_cross_entropy(logits, smoothed_one_hot(batch.labels, supernet.space.num_classes, label_smoothing));
  loss.backward();
  return {loss.item<double>(), logits.detach()};
}

void student_passes(net::Supernet const& supernet, TrainingBatch const& batch, at::Tensor const& teacher_logits, int num_random,
                    std::uint64_t seed, std::uint64_t global_step) {
  auto const& space = supernet.space;
  auto const soft_target = at::softmax(teacher_logits, 1);
  auto const learn = [&](space::Subnet const& subnet) {
    soft_cross_entropy(logits_of(supernet, subnet, batch.images), soft_target).backward();
  };
  learn(space::smallest_subnet(space));
  RandomStream random(seed, "supernet.subnets", global_step);
  for (int r = 0; r < num_random; ++r) learn(space::subnet_of(space, space::random_genes(space, random, false)));
}

}  // namespace apq::train
