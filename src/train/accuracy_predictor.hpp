#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "common/space/encoding.hpp"
#include "common/space/gene_rows.hpp"
#include "common/space/subnet.hpp"

namespace apq::train {

/// MLP that predicts top-1 accuracy in [0, 1] from the one-hot encoding (APQ spec A8):
/// h1 = ReLU(L0 x_arch) [+ Q x_bits, after the ReLU], h2 = ReLU(L1 h1), h3 = ReLU(L2 h2), y = R h3.
/// This header is free of LibTorch; the model lies behind `Model`.
class AccuracyPredictor {
 public:
  struct Model;
  /// Fresh model, initialised from `seed`. `quantised`: with the bit branch.
  AccuracyPredictor(space::Encoding const& encoding, bool quantised, std::uint64_t seed, int hidden = 400);
  ~AccuracyPredictor();
  AccuracyPredictor(AccuracyPredictor&&) noexcept;
  AccuracyPredictor& operator=(AccuracyPredictor&&) noexcept;

  /// Reads and writes the release's state dict (layers.{0,1,2}.0.*, quantize_fc.*, regressor.*), zip torch.save format.
  /// @throws Error(data) listing every missing, unexpected and mis-shaped key.
  static AccuracyPredictor load(std::filesystem::path const& file, space::Encoding const& encoding);
  void save(std::filesystem::path const& file) const;

  bool is_quantised() const;
  /// One accuracy per row into `out`. All genes with bits, or all without, as the model is. A row's result does not depend
  /// on the other rows.
  void predict(space::GeneRows const& genes, std::span<double> out) const;
  std::vector<double> predict(std::span<space::Genes const> genes) const;

  Model& model() { return *model_; }
  Model const& model() const { return *model_; }

 private:
  explicit AccuracyPredictor(std::unique_ptr<Model> model);
  std::unique_ptr<Model> model_;
};

}  // namespace apq::train
