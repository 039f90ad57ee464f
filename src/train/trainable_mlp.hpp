#pragma once

#include <cstdint>
#include <optional>

#include <ATen/core/Tensor.h>

#include "common/checkpoint/state_dict.hpp"
#include "train/dense_layer.hpp"
#include "train/input_basis.hpp"
#include "train/input_layer.hpp"
#include "train/parameter_buffer.hpp"
#include "train/target_scaling.hpp"

namespace apq::train {

/// What a network starts as.
struct MlpStart {
  int hidden;
  std::uint64_t seed;                                  ///< of fresh weights (He et al., ICCV 2015)
  checkpoint::StateDict const* transferred = nullptr;  ///< by the release's names; null: fresh
};

/// The network of AccuracyPredictor on fixed rows, with its gradients by hand: h1 = ReLU(L0 x) [+ Q x_bits, after the ReLU: spec A8],
/// h2 = ReLU(L1 h1), h3 = ReLU(L2 h2), y = R h3. It gives targets (target_scaling.hpp), and computes in the type of its inputs.
class TrainableMlp {
 public:
  /// @param one_hot    [rows, architecture + bit inputs]
  /// @param basis      of the architecture's inputs and of the bits'
  /// @param quantised  with the bit branch; `start.transferred` then has one
  TrainableMlp(at::Tensor const& one_hot, BasisMatrices const& basis, bool quantised, MlpStart const& start, TargetScaling const& scaling);
  TrainableMlp(TrainableMlp const&) = delete;  // the layers are seated on the buffer
  TrainableMlp& operator=(TrainableMlp const&) = delete;

  /// What a pass leaves for the gradients, [rows, ...].
  struct Activations {
    at::Tensor z, z_bits;  ///< coordinates of the inputs
    at::Tensor s1;         ///< the architecture's part of h1
    at::Tensor h1, h2, h3;
    at::Tensor y;  ///< [rows, 1]
  };
  /// @param which  int64, rows of those given to the constructor
  Activations forward(at::Tensor const& which) const;
  /// Writes parameters().gradients. @param dy  [rows, 1], the loss's gradient in y
  void backward(Activations const& a, at::Tensor const& dy);

  /// Moves the output's bias so that the mean output over all rows is that of `targets`.
  void start_at_mean(at::Tensor const& targets);

  ParameterBuffer& parameters() { return buffer_; }
  /// In the release's form: one-hot inputs, labels as outputs.
  checkpoint::StateDict weights(TargetScaling const& scaling) const;

 private:
  InputLayer architecture_;
  std::optional<InputLayer> bits_;
  DenseLayer first_, second_, third_, output_, bit_branch_;
  ParameterBuffer buffer_;
};

}  // namespace apq::train
