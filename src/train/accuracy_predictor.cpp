#include "train/accuracy_predictor.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <ATen/ATen.h>

#include "common/core/error.hpp"
#include "common/core/random.hpp"
#include "train/predictor_model.hpp"

namespace apq::train {
namespace {

std::vector<float> copy(at::Tensor const& tensor) {
  auto const values = tensor.contiguous();
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

/// [out, in] of a linear layer to [in, out].
PackedLayer pack(checkpoint::StateDict const& weights, std::string const& name, int panel_columns) {
  auto const& weight = weights.at(name + ".weight");
  return {static_cast<int>(weight.size(1)), copy(weight.t()), copy(weights.at(name + ".bias")), panel_columns};
}

/// PyTorch's default of nn.Linear: weights and biases uniform in +-1/sqrt(inputs).
checkpoint::StateDict initial_weights(checkpoint::Shapes const& shapes, std::uint64_t seed) {
  checkpoint::StateDict weights;
  std::uint64_t index = 0;
  for (auto const& [name, shape] : shapes) {
    RandomStream random(seed, "train.init", index++);
    auto const& matrix = shape.size() == 2 ? shape : shapes.at(name.substr(0, name.rfind('.')) + ".weight");
    double const bound = 1 / std::sqrt(static_cast<double>(matrix[1]));
    auto tensor = at::empty(shape);
    auto* const values = tensor.data_ptr<float>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i) values[i] = static_cast<float>(bound * (2 * random.uniform() - 1));
    weights[name] = tensor;
  }
  return weights;
}

}  // namespace

checkpoint::Shapes parameter_shapes(space::Encoding const& encoding, bool quantised, int hidden) {
  checkpoint::Shapes shapes{{"layers.0.0.weight", {hidden, encoding.architecture_size()}},
                            {"layers.0.0.bias", {hidden}},
                            {"layers.1.0.weight", {hidden, hidden}},
                            {"layers.1.0.bias", {hidden}},
                            {"layers.2.0.weight", {hidden, hidden}},
                            {"layers.2.0.bias", {hidden}},
                            {"regressor.weight", {1, hidden}},
                            {"regressor.bias", {1}}};
  if (quantised) {
    shapes["quantize_fc.weight"] = {hidden, encoding.full_size() - encoding.architecture_size()};
    shapes["quantize_fc.bias"] = {hidden};
  }
  return shapes;
}

AccuracyPredictor::Model::Model(space::Encoding const& the_encoding, checkpoint::StateDict the_weights)
    : encoding(the_encoding),
      quantised(the_weights.contains("quantize_fc.weight")),
      hidden(static_cast<int>(the_weights.at("layers.0.0.bias").numel())),
      weights(std::move(the_weights)) {
  for (auto& [name, tensor] : weights) tensor = tensor.to(at::kFloat).contiguous();
  packed.architecture = pack(weights, "layers.0.0", one_hot_columns);
  if (quantised) packed.bits = pack(weights, "quantize_fc", one_hot_columns);
  packed.second = pack(weights, "layers.1.0", dense_columns);
  packed.third = pack(weights, "layers.2.0", dense_columns);
  auto const regressor = copy(weights.at("regressor.weight"));
  packed.regressor.assign(regressor.begin(), regressor.end());
  packed.regressor.resize(static_cast<std::size_t>(packed.third.padded_outputs()), 0.f);
  packed.regressor_bias = weights.at("regressor.bias").item<float>();
}

AccuracyPredictor AccuracyPredictor::Model::wrap(space::Encoding const& encoding, checkpoint::StateDict weights) {
  return AccuracyPredictor(std::make_unique<Model>(encoding, std::move(weights)));
}

AccuracyPredictor::AccuracyPredictor(std::unique_ptr<Model> model) : model_(std::move(model)) {}
AccuracyPredictor::AccuracyPredictor(space::Encoding const& encoding, bool quantised, std::uint64_t seed, int hidden)
    : model_(std::make_unique<Model>(encoding, initial_weights(parameter_shapes(encoding, quantised, hidden), seed))) {}
AccuracyPredictor::~AccuracyPredictor() = default;
AccuracyPredictor::AccuracyPredictor(AccuracyPredictor&&) noexcept = default;
AccuracyPredictor& AccuracyPredictor::operator=(AccuracyPredictor&&) noexcept = default;

AccuracyPredictor AccuracyPredictor::load(std::filesystem::path const& file, space::Encoding const& encoding) {
  auto weights = checkpoint::load_state_dict(file);
  // What the file says about its kind and width; all else has to follow from these two.
  bool const quantised = weights.contains("quantize_fc.weight") || weights.contains("quantize_fc.bias");
  auto const bias = weights.find("layers.0.0.bias");
  int const hidden =
      bias != weights.end() && bias->second.dim() == 1 && bias->second.numel() > 0 ? static_cast<int>(bias->second.numel()) : 400;
  checkpoint::require_match(parameter_shapes(encoding, quantised, hidden), weights, file.string());
  for (auto const& [name, tensor] : weights)
    if (!at::isfinite(tensor).all().item<bool>())
      throw Error(Errc::data, fmt::format("{}: {} holds a value that is not finite", file.string(), name));
  return Model::wrap(encoding, std::move(weights));
}

void AccuracyPredictor::save(std::filesystem::path const& file) const { checkpoint::save_state_dict(file, model_->weights); }

bool AccuracyPredictor::is_quantised() const { return model_->quantised; }

void AccuracyPredictor::predict(space::GeneRows const& genes, std::span<double> out) const {
  constexpr std::size_t rows_at_once = 960;
  OneHotBatch batch;
  for (std::size_t first = 0; first < genes.size(); first += rows_at_once) {
    auto const rows = std::min(rows_at_once, genes.size() - first);
    batch.clear();
    for (std::size_t i = 0; i < rows; ++i) {
      model_->encoding.append_ones(genes[first + i], batch.ones);
      bool const has_bits = batch.ones.size() > batch.offsets.back() && batch.ones.back() >= model_->encoding.architecture_size();
      if (has_bits != model_->quantised)
        throw Error(Errc::internal, fmt::format("predictor: genes {} bits for a {} model", has_bits ? "with" : "without",
                                                model_->quantised ? "quantised" : "full-precision"));
      batch.offsets.push_back(batch.ones.size());
    }
    forward(model_->packed, batch, out.subspan(first, rows));
  }
}

std::vector<double> AccuracyPredictor::predict(std::span<space::Genes const> genes) const {
  std::vector<double> out(genes.size());
  if (genes.empty()) return out;
  std::vector<std::uint8_t> bytes;
  for (auto const& one : genes) {
    if (one.size() != genes[0].size())
      throw Error(Errc::internal, fmt::format("predictor: {} and {} genes in one call", genes[0].size(), one.size()));
    bytes.insert(bytes.end(), one.begin(), one.end());
  }
  predict(space::GeneRows(bytes, genes[0].size()), out);
  return out;
}

}  // namespace apq::train
