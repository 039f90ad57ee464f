#pragma once

#include <functional>
#include <memory>
#include <string>

#include <ATen/ATen.h>

#include "common/engine/engine_kind.hpp"
#include "common/engine/image_batch.hpp"
#include "common/net/subnet_net.hpp"

namespace apq::engine {

/// Batches of normalised images, each [batch, channels, size, size].
using Batches = ImageBatches const&;

/// A subnet made ready for many images: weights quantised and packed, norms folded, memory planned.
class CompiledNet {
 public:
  virtual ~CompiledNet() = default;
  /// @param images  [batch, channels, size, size], normalised; every call the same size, any batch.
  /// @return        [batch, classes]. An image's logits do not depend on the batch it comes in.
  virtual at::Tensor logits(at::Tensor const& images) = 0;
};

/// How subnets are executed. All engines compute the same network; they differ in rounding. One thread.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string name() const = 0;  ///< with version, e.g. "oneDNN 2.6.3"; labels carry it
  /// Where images are read from: batches that lie there already are not copied.
  virtual at::Device device() const { return at::kCPU; }

  /// `layer` counts as layers_of() lists them; the input is a map, of a matrix [images, channels].
  using InputObserver = std::function<void(std::size_t layer, at::Tensor const& input)>;
  /// Shows every layer's input, with the quantisers bypassed; in parts of the batch if the engine likes.
  virtual void observe_inputs(net::SubnetNet const& net, at::Tensor const& images, InputObserver const& observe) const = 0;

  /// Mean and biased variance of a layer's convolution output over one batch of so many images, [channels] each.
  using StatisticsObserver = std::function<void(std::size_t layer, double images, at::Tensor const& mean, at::Tensor const& variance)>;
  /// Runs all batches, each normalised by its own statistics. @param quantise  with the quantisers of a quantised subnet.
  virtual void observe_statistics(net::SubnetNet const& net, Batches batches, bool quantise, StatisticsObserver const& observe) const = 0;

  /// For evaluation, with the quantisers of a quantised subnet. The result does not refer to `net`.
  virtual std::unique_ptr<CompiledNet> compile(net::SubnetNet const& net) const = 0;
};

/// LibTorch operators on the CPU: what the other engines are compared with.
std::unique_ptr<Engine> make_reference_engine();
/// The same on a GPU, norms folded: rank r of a node uses GPU r mod n. @throws Error(config) where there is none.
std::unique_ptr<Engine> make_cuda_engine(int node_rank);

/// @param node_rank  of this rank within its node
/// @throws Error(config) for an engine that this build or this processor does not have.
std::unique_ptr<Engine> make_engine(EngineKind kind, int node_rank = 0);

}  // namespace apq::engine
