#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "common/engine/engine.hpp"
#include "common/engine/onednn/coded_layer.hpp"
#include "common/engine/onednn/convolution.hpp"
#include "common/engine/onednn/squeeze_excite.hpp"

namespace apq::engine::onednn {

/// Images that a network is run on at a time, so that about the largest map of a block stays in the cache.
std::int64_t chunk_of(std::vector<CodedLayer> const& layers, std::int64_t image_size, bool is_quantised);

/// The steps of one subnet at one image size: fused convolutions on maps that are channels-last. Where the next layer
/// takes integers and nothing else needs the floats, a convolution writes the next layer's codes; sums around a
/// block are kept in float, as the quantiser's simulation keeps them.
class CompiledSubnet : public CompiledNet {
 public:
  /// @param quantise  false: all layers in float.
  CompiledSubnet(net::SubnetNet const& net, bool quantise) : net_(net), quantise_(quantise) {}
  at::Tensor logits(at::Tensor const& images) override { return run(images, {}); }
  /// The same, showing every layer's float input chunk by chunk, as Engine::observe_inputs does. For float networks.
  at::Tensor run(at::Tensor const& images, Engine::InputObserver const& observe);

 private:
  using Slot = std::size_t;
  struct Step {
    enum class Kind { convolve, quantise, look, mean, squeeze_excite } kind;  // look: see value_bound.hpp
    Slot from, to;
    std::size_t layer = 0;
    std::optional<Convolution> convolution;
    std::optional<SqueezeExcite> squeeze_excite;  // in place
    // What `from` holds, of one image.
    std::int64_t channels = 0, size = 0;
    InputCode code;
  };
  void plan(std::int64_t image_size);
  void run_chunk(float const* images, float* logits, std::int64_t count, Engine::InputObserver const& observe);

  net::SubnetNet net_;  // until it is planned
  bool quantise_;
  std::int64_t image_size_ = 0, image_channels_ = 0, classes_ = 0, chunk_ = 0;
  std::vector<std::string> layer_names_;
  bool adds_to_images_ = false;  // a first block with a shortcut: its sum is made in place of a copy
  std::vector<Step> steps_;
  std::vector<at::Tensor> buffers_;  // uint8, aligned
};

}  // namespace apq::engine::onednn
