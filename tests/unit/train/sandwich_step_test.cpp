#include "train/sandwich_step.hpp"

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "common/engine/image_batch.hpp"
#include "common/net/reference_forward.hpp"
#include "common/net/subnet_net.hpp"
#include "common/space/subnet.hpp"
#include "support/image_split.hpp"
#include "support/tiny_space.hpp"
#include "train/flat_parameters.hpp"

using namespace apq;
using namespace apq::train;

namespace {

struct Fixture {
  net::Supernet supernet = net::make_supernet(test::tiny_space(), 1);
  FlatParameters parameters{supernet};
  TrainingBatch batch;
  Fixture() {
    auto const split = test::random_split("train", 6, 1, 32, 10);
    batch = {engine::normalised_batch(split, 0, 6, {}), engine::label_batch(split, 0, 6)};
  }
  at::Tensor logits(space::Subnet const& subnet) const {
    net::ForwardOptions options;
    options.norm = net::NormMode::batch;
    return net::reference_forward(net::slice(supernet, subnet), batch.images, options);
  }
};

TEST(SandwichStep, TeacherLearnsTheLabels) {
  Fixture f;
  auto const pass = teacher_pass(f.supernet, f.batch, 0);
  auto const logits = f.logits(space::largest_subnet(f.supernet.space));
  EXPECT_FALSE(pass.logits.requires_grad());
  EXPECT_TRUE(pass.logits.equal(logits.detach()));
  EXPECT_NEAR(pass.loss, at::nll_loss(at::log_softmax(logits, 1), f.batch.labels).item<double>(), 1e-6);
  auto const by_step = f.parameters.gradients.clone();
  EXPECT_GT(by_step.abs().max().item<double>(), 0);
  f.parameters.gradients.zero_();
  at::nll_loss(at::log_softmax(logits, 1), f.batch.labels).backward();
  EXPECT_TRUE(at::allclose(by_step, f.parameters.gradients, 1e-4, 1e-6));
  // Gradients add up.
  teacher_pass(f.supernet, f.batch, 0);
  EXPECT_TRUE(at::allclose(2 * by_step, f.parameters.gradients, 1e-4, 1e-6));
}

// Students learn from what the teacher says, which is no function of the weights to them.
TEST(SandwichStep, SmallestLearnsTheTeachersDistribution) {
  Fixture f;
  auto const teacher = f.logits(space::largest_subnet(f.supernet.space)).detach();
  student_passes(f.supernet, f.batch, teacher, 0, 1, 0);
  auto const by_step = f.parameters.gradients.clone();
  f.parameters.gradients.zero_();
  auto const student = f.logits(space::smallest_subnet(f.supernet.space));
  (-(at::softmax(teacher, 1) * at::log_softmax(student, 1)).sum() / 6).backward();
  EXPECT_GT(by_step.abs().max().item<double>(), 0);
  EXPECT_TRUE(at::allclose(by_step, f.parameters.gradients, 1e-4, 1e-6));
}

TEST(SandwichStep, RandomOnesFollowSeedAndStep) {
  Fixture f;
  auto const teacher = f.logits(space::largest_subnet(f.supernet.space)).detach();
  auto const gradients = [&](int num_random, std::uint64_t seed, std::uint64_t step) {
    f.parameters.gradients.zero_();
    student_passes(f.supernet, f.batch, teacher, num_random, seed, step);
    return f.parameters.gradients.clone();
  };
  auto const some = gradients(3, 1, 4);
  EXPECT_TRUE(some.equal(gradients(3, 1, 4)));
  EXPECT_FALSE(some.equal(gradients(0, 1, 4)));
  bool differs = false;
  for (std::uint64_t step = 5; step < 9; ++step) differs = differs || !some.equal(gradients(3, 1, step));
  EXPECT_TRUE(differs);
}

}  // namespace
