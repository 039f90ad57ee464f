#pragma once

#include <limits>
#include <optional>
#include <string>

#include "common/cost/layer.hpp"

namespace apq::cost {

/// What a layer is in its network, as far as tables of layers name it.
enum class LayerUse {
  block,        ///< of a searched block, or any other that is looked up by its shape and bits
  stem,         ///< the release's table calls it "head", whatever its shape
  feature_mix,  ///< "tail"
  unlisted,     ///< what the release's table leaves out: first block, classifier, squeeze-excite units
};

/// A layer whose latency and energy are asked for.
struct Layer {
  LayerShape shape;
  LayerBits bits;
  LayerUse use = LayerUse::block;
  bool is_forbidden = false;  ///< the space forbids these bit widths here: no searched subnet has it
};

/// NaN: such a layer has no cost.
struct LayerCost {
  double latency_ms = std::numeric_limits<double>::quiet_NaN();
  double energy_mj = std::numeric_limits<double>::quiet_NaN();
};

/// What answers for the latency and energy of layers at batch 1: a model of an accelerator, or a table.
class BackEnd {
 public:
  virtual ~BackEnd() = default;
  /// Nothing where it does not answer for such layers: another back end is asked. May remember what it computed.
  /// @throws Error(data) naming its file and the layer where it should know the layer and does not.
  virtual std::optional<LayerCost> cost_of(Layer const& layer) = 0;
  /// For reports: "table FILE", "analytic model of NAME".
  virtual std::string name() const = 0;
  /// All that its answers depend on, one line: equal identities, equal answers.
  virtual std::string identity() const = 0;
};

}  // namespace apq::cost
