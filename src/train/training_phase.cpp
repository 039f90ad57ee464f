#include "train/training_phase.hpp"

#include "train/learning_rate.hpp"

namespace apq::train {

TrainingPhase phase_of(SupernetConfig const& config, int epoch) {
  if (epoch < config.teacher_epochs) return {false, 0, config.teacher_epochs, config.teacher_learning_rate, config.warmup};
  return {true, config.teacher_epochs, config.epochs, config.learning_rate, config.warmup};
}

double learning_rate(TrainingPhase const& phase, int epoch, std::size_t step, std::size_t steps_per_epoch) {
  auto const steps = static_cast<double>(steps_per_epoch);
  double const done =
      (static_cast<double>(epoch - phase.first_epoch) * steps + static_cast<double>(step)) / (static_cast<double>(phase.epochs) * steps);
  return warmed_up_cosine_rate(phase.peak_rate, phase.warmup, done);
}

}  // namespace apq::train
