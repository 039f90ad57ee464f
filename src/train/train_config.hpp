#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

/// @throws Error(config) with file:line.
TrainConfig read_train_config(Config section);

}  // namespace apq::train
