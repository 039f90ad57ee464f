#pragma once

#include <cstddef>

#include "train/supernet_config.hpp"

namespace apq::train {

/// A stretch of epochs of a supernet's training with a learning rate of its own.
struct TrainingPhase {
  bool is_sandwich;  ///< else the largest network alone, the teacher
  int first_epoch, epochs;
  double peak_rate, warmup;

  char const* name() const { return is_sandwich ? "sandwich" : "teacher"; }
  char const* rate_key() const { return is_sandwich ? "learning_rate" : "teacher_learning_rate"; }  ///< of section `supernet`
};

/// That of an epoch, counted from 0 through both phases.
TrainingPhase phase_of(SupernetConfig const& config, int epoch);

/// The learning rate of a step of an epoch of `phase`.
double learning_rate(TrainingPhase const& phase, int epoch, std::size_t step, std::size_t steps_per_epoch);

}  // namespace apq::train
