#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "common/core/config.hpp"

namespace apq::train {

/// How one predictor is fitted: mean squared error, Adam, cosine to zero. Targets are scaled to
/// mean 0 and variance 1 while training, which is folded into the last layer, so that the output
/// starts at the mean accuracy.
struct FitConfig {
  int epochs = 40;
  double learning_rate = 1e-3;
  double weight_decay = 3;  ///< decoupled: each step takes learning rate x this off every weight;
                            ///< in a transfer they decay towards what they were
  int batch = 32;           ///< rows per step
};

/// What the first layers see while training; the saved weights are always those of the release's
/// one-hot encoding.
enum class InputBasis {
  one_hot,
  ordinal,  ///< choices of a gene share a constant and a slope, see input_basis.hpp
  shared    ///< ordinal, and the blocks of a stage and of the network share theirs
};
inline constexpr EnumNames<InputBasis, 3> input_basis_names({{InputBasis::one_hot, "one_hot"},
                                                             {InputBasis::ordinal, "ordinal"},
                                                             {InputBasis::shared, "shared"}});

/// Who labels what a predictor learns from.
enum class Teacher {
  none,   ///< the measured rows alone
  kernel  ///< a KernelTeacher of up to KernelTeacher::max_rows rows, on random subnets beside them; with more rows as `none`.
          ///< A transfer then is: the full-precision predictor is the teacher's prior mean
};
inline constexpr EnumNames<Teacher, 2> teacher_names({{Teacher::none, "none"}, {Teacher::kernel, "kernel"}});

/// Section `train` of an experiment.
struct TrainConfig {
  int hidden = 400;  ///< width of the three hidden layers
  int members = 1;   ///< above 1, a full-precision predictor is a linear part and so many networks of
                     ///< hidden / members units for what it leaves; together one network of the release's shape
  InputBasis basis = InputBasis::ordinal;
  Teacher teacher = Teacher::kernel;
  int student_rows = 6000;  ///< random subnets that the teacher labels; half as many for a quantised predictor, of which a curve has many
  FitConfig student{20, 2e-3, 0.05, 64};  ///< how a network learns from the teacher
  FitConfig fp,
      quant;                                  ///< full-precision predictor; quantised ones, transferred and from scratch alike
  double bit_gain = 3;                        ///< scale of the bit widths' inputs while training: how much more readily than of the
                                              ///< architecture the quantised networks learn of them (folded into the weights)
  double held_out_fraction = 0.2;             ///< of the rows, never trained on
  bool zero_init = true;                      ///< transfer: the fresh bit branch starts at zero, so step 0 predicts as
                                              ///< the fp model does
  int bootstrap = 1000;                       ///< resamples behind every interval
  std::vector<double> curve{0.25, 0.5, 1.0};  ///< shares of the quantised training rows; empty: no curve
  int curve_splits = 3;                       ///< splits averaged per point of the curve
  int train_rows = 0;                         ///< use only so many training rows; 0: all
};

namespace detail {

inline FitConfig read_fit(Config section, FitConfig fit) {
  fit.epochs = section.get_or<int>("epochs", fit.epochs, {1, 100'000}, {"Epochs over the training rows", "epochs"});
  fit.learning_rate = section.get_or<double>("learning_rate", fit.learning_rate, {1e-8, 1}, {"Peak learning rate of Adam; cosine to zero"});
  fit.weight_decay = section.get_or<double>(
      "weight_decay", fit.weight_decay, {0, 10},
      {"Decoupled: a step takes learning rate x this off every weight; in a transfer weights decay towards what they were"});
  fit.batch = section.get_or<int>("batch", fit.batch, {1, 1'000'000}, {"Rows of a step", "rows"});
  return fit;
}

}  // namespace detail

/// @throws Error(config) with file:line.
inline TrainConfig read_train_config(Config section) {
  TrainConfig config;
  config.hidden = section.get_or<int>("hidden", config.hidden, {1, 10'000}, {"Width of the predictor's three hidden layers", "units"});
  config.members = section.get_or<int>(
      "members", config.members, {1, 100},
      {"Above 1 a full-precision predictor is a linear part and so many networks of hidden / members units", "networks"});
  if (config.members > config.hidden) section.fail("members", fmt::format("is more than train.hidden ({})", config.hidden));
  config.basis =
      section.choice_or("input_basis", config.basis, input_basis_names,
                        {"What the first layer sees while training: one-hot genes; a constant and a slope for the choices of a gene; "
                         "or that shared by the blocks of a stage"});
  config.teacher = section.choice_or("teacher", config.teacher, teacher_names,
                                     {"Who labels what a predictor learns from: the measured rows alone, or a Gaussian process of them"});
  config.student_rows = section.get_or<int>("student_rows", config.student_rows, {100, 1'000'000},
                                            {"Random subnets that the teacher labels; half as many for a quantised predictor", "subnets"});
  config.student = detail::read_fit(section.section("student", {"How a network learns from the teacher"}), config.student);
  config.fp = detail::read_fit(section.section("fp", {"How the full-precision predictor is fitted to measured rows"}), config.fp);
  config.quant =
      detail::read_fit(section.section("quant", {"How quantised predictors are, transferred and from scratch alike"}), config.quant);
  config.bit_gain = section.get_or<double>(
      "bit_gain", config.bit_gain, {0.01, 1000},
      {"Scale of the bit widths' inputs while training: how much more readily they are learnt than the architecture's"});
  config.held_out_fraction = section.get_or<double>("held_out_fraction", config.held_out_fraction, {0.01, 0.9},
                                                    {"Share of the rows that is never trained on and measures the predictor"});
  config.zero_init = section.get_or<bool>("zero_init", config.zero_init,
                                          {"In a transfer the weights of the bit widths start at zero, so that it begins as the "
                                           "full-precision predictor"});
  config.bootstrap = section.get_or<int>("bootstrap", config.bootstrap, {0, 1'000'000}, {"Resamples behind every interval", "resamples"});
  config.curve = section.list_or<double>(
      "curve", config.curve, {0.001, 1},
      {"Shares of the quantised training rows at which transfer and training from scratch are compared; empty: no curve"});
  config.curve_splits =
      section.get_or<int>("curve_splits", config.curve_splits, {1, 100}, {"Splits that a point of the curve is the mean of", "splits"});
  return config;
}

}  // namespace apq::train
