#include "train/train_config.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace apq::train {
namespace {

FitConfig read_fit(Config section, FitConfig fit) {
  fit.epochs = section.get_or("epochs", fit.epochs, Range<int>{1, 100'000});
  fit.learning_rate = section.get_or("learning_rate", fit.learning_rate, Range<double>{1e-8, 1});
  fit.weight_decay = section.get_or("weight_decay", fit.weight_decay, Range<double>{0, 10});
  fit.batch = section.get_or("batch", fit.batch, Range<int>{1, 1'000'000});
  return fit;
}

}  // namespace

TrainConfig read_train_config(Config section) {
  TrainConfig config;
  config.hidden = section.get_or("hidden", config.hidden, Range<int>{1, 10'000});
  config.members = section.get_or("members", config.members, Range<int>{1, 100});
  if (config.members > config.hidden) section.fail("members", fmt::format("is more than train.hidden ({})", config.hidden));
  constexpr std::array basis_names{"one_hot", "ordinal", "shared"};  // in the order of InputBasis
  auto const basis =
      section.choice_or("input_basis", basis_names[static_cast<std::size_t>(config.basis)], {basis_names.begin(), basis_names.end()});
  config.basis = static_cast<InputBasis>(std::find(basis_names.begin(), basis_names.end(), basis) - basis_names.begin());
  constexpr std::array teacher_names{"none", "kernel"};  // in the order of Teacher
  auto const teacher =
      section.choice_or("teacher", teacher_names[static_cast<std::size_t>(config.teacher)], {teacher_names.begin(), teacher_names.end()});
  config.teacher = static_cast<Teacher>(std::find(teacher_names.begin(), teacher_names.end(), teacher) - teacher_names.begin());
  config.student_rows = section.get_or("student_rows", config.student_rows, Range<int>{100, 1'000'000});
  config.student = read_fit(section.section("student"), config.student);
  config.fp = read_fit(section.section("fp"), config.fp);
  config.quant = read_fit(section.section("quant"), config.quant);
  config.bit_gain = section.get_or("bit_gain", config.bit_gain, Range<double>{0.01, 1000});
  config.held_out_fraction = section.get_or("held_out_fraction", config.held_out_fraction, Range<double>{0.01, 0.9});
  config.zero_init = section.get_or("zero_init", config.zero_init);
  config.bootstrap = section.get_or("bootstrap", config.bootstrap, Range<int>{0, 1'000'000});
  config.curve = section.list_or("curve", config.curve, Range<double>{0.001, 1});
  config.curve_splits = section.get_or("curve_splits", config.curve_splits, Range<int>{1, 100});
  return config;
}

}  // namespace apq::train
