#include "common/engine/onednn/norm_statistics.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include <ATen/ATen.h>

#include "common/engine/onednn/compiled_net.hpp"
#include "common/engine/onednn/float_buffer.hpp"
#include "common/engine/onednn/map_kernels.hpp"
#include "common/engine/onednn/measured_layer.hpp"
#include "common/engine/onednn/value_bound.hpp"

namespace apq::engine::onednn {
namespace {

/// Those before the pooling: behind it there are no norms.
std::span<net::BlockUnit const> blocks_with_norms(net::SubnetNet const& net) {
  return {net.blocks.begin(), std::ranges::find_if(net.blocks, &net::BlockUnit::is_after_pooling)};
}

/// A batch on its way through the network.
class Pass {
 public:
  Pass(net::SubnetNet const& net, bool quantise, std::int64_t image_size) {
    auto packed = coded_layers(net, quantise);
    chunk_ = chunk_of(packed, image_size, false);
    std::int64_t size = image_size;
    std::size_t index = 0;
    for (auto const& block : blocks_with_norms(net))
      for (auto const& unit : block.convs) {
        auto const place = index++;
        auto& layer = packed[place];
        auto const shape = layer.shape(chunk_, size);
        auto convolution = layer.convolution(shape, Number::f32, {});
        auto matrix = widening_matrix(layer);
        size = shape.out_size();
        std::optional<SqueezeExcite> squeeze_excite;
        if (unit.squeeze_excite) {
          squeeze_excite.emplace(std::span(std::as_const(packed)).subspan(index).first<2>(), chunk_, size);
          index += 2;
        }
        layers_.push_back({place, std::move(layer), packed[index].input, std::move(convolution),
                           unit.norm->weight.detach().to(at::kFloat).contiguous(), unit.norm->bias.detach().to(at::kFloat).contiguous(),
                           unit.norm->epsilon, shape.in_size, std::move(matrix), std::move(squeeze_excite)});
        wide_values_ = std::max({wide_values_, shape.in_values(), shape.out_values()});
      }
    for (auto& scratch : scratch_) scratch.resize(wide_values_);
    for (auto& codes : codes_) codes.resize(wide_values_);
  }

  void run(net::SubnetNet const& net, at::Tensor const& images, Engine::StatisticsObserver const& observe) {
    images_ = images.size(0);
    num_chunks_ = (images_ + chunk_ - 1) / chunk_;
    kept_.resize(layers_.front().in_values() * chunks());
    auto const values = static_cast<std::size_t>(images.numel());
    std::memcpy(kept_.data(), images.data_ptr<float>(), values * sizeof(float));
    std::fill(kept_.data() + values, kept_.data() + layers_.front().in_values() * chunks(), 0.0F);  // the rest of the last chunk
    since_.clear();
    is_raw_ = false;
    map_bound_ = image_bound;
    std::size_t index = 0;
    for (auto const& block : blocks_with_norms(net)) {
      if (block.has_shortcut) {
        finish();
        shortcut_bound_ = map_bound_;
        shortcut_.resize(layers_[index].in_values() * chunks());
        std::memcpy(shortcut_.data(), kept_.data(), layers_[index].in_values() * chunks() * sizeof(float));
      }
      for (std::size_t u = 0; u < block.convs.size(); ++u, ++index) {
        bool const is_last = index + 1 == layers_.size();
        bool const must_keep = block.has_shortcut && u + 1 == block.convs.size();
        take_statistics(index, must_keep, is_last && !must_keep, observe);
        if (must_keep && !is_last) add_shortcut();
      }
    }
  }

 private:
  std::size_t chunks() const { return static_cast<std::size_t>(num_chunks_); }
  std::int64_t images_in(std::int64_t chunk) const { return std::min(chunk_, images_ - chunk * chunk_); }

  /// Layer `index` over the batch: its sums are kept where they are not much more than what they come from, or where
  /// two layers would have to be computed again.
  void take_statistics(std::size_t index, bool must_keep, bool is_end, Engine::StatisticsObserver const& observe) {
    auto& layer = layers_[index];
    auto const kept_values = since_.empty() ? layer.in_values() : layers_[since_.front()].in_values();
    bool const keeps = !is_end && (must_keep || !since_.empty() || layer.out_values() <= 2 * kept_values);
    bool const is_seen = keeps || !layer.is_widening_matrix();  // sums that overflow show in statistics that come from them
    if (!is_seen) require_bounded(layer.coded, {}, input_bound(layer.coded, map_bound_));
    auto [mean, variance] = is_seen ? statistics_of_sums(index, keeps) : statistics_from_moments(index);
    for (std::size_t c = 0; c < mean.size(); ++c) {
      double const step = layer.coded.product_step(c);
      mean[c] *= step;
      variance[c] *= step * step;
    }
    layer.set_norm(mean, variance, images_);
    observe(layer.place, static_cast<double>(images_), at::tensor(mean, at::kDouble), at::tensor(variance, at::kDouble));
    if (keeps) {
      std::swap(kept_, next_);
      kept_layer_ = index;
      is_raw_ = true;
      since_.clear();
    } else {
      since_.push_back(index);
      if (!is_end && worth_compiling(layer)) layer.fuse(input_bound(layer.coded, map_bound_));
    }
    map_bound_ = layer.output_bound;
    if (layer.squeeze_excite) layer.squeeze_excite->require_bounded(map_bound_);
  }

  /// Compiling scales into code takes about a millisecond, once per batch; a pass over a large map takes longer.
  bool worth_compiling(MeasuredLayer const& layer) const {
    return !layer.coded.input || static_cast<double>(layer.out_values()) * static_cast<double>(num_chunks_) > 2e7;
  }

  struct Statistics {
    std::vector<double> mean, variance;
  };

  Statistics statistics_of_sums(std::size_t index, bool keeps) {
    auto& layer = layers_[index];
    if (keeps) next_.resize(layer.out_values() * chunks());
    ChannelStatistics statistics(static_cast<std::size_t>(layer.coded.out_channels));
    for (std::int64_t c = 0; c < num_chunks_; ++c) {
      float* const sums = keeps ? next_.data() + static_cast<std::size_t>(c) * layer.out_values() : scratch_[2].data();
      layer.convolution.run(input_of(index, c), sums);
      statistics.add(sums, layer.out_rows(images_in(c)));
    }
    return {statistics.mean(), statistics.variance()};
  }

  /// Of y = W x without computing y: mean W m, variance diag(W C W') with the mean m and the covariance C of x. C has as many columns as
  /// the layer has inputs, so this costs a fraction of a layer that widens its map.
  Statistics statistics_from_moments(std::size_t index) {
    auto& layer = layers_[index];
    auto const channels = layer.coded.in_channels;
    auto sum = at::zeros({channels}, at::kDouble), products = at::zeros({channels, channels}, at::kDouble);
    double rows = 0;
    for (std::int64_t c = 0; c < num_chunks_; ++c) {
      auto const count = images_in(c) * layer.in_size * layer.in_size;
      auto const* const input = input_of(index, c);
      auto const* values = static_cast<float const*>(input);
      if (layer.coded.input) {
        auto const num_values = static_cast<std::size_t>(count * channels);
        to_floats(input, layer.coded.input->number(), num_values, scratch_[2].data());
        values = scratch_[2].data();
      }
      auto const map = at::from_blob(const_cast<float*>(values), {count, channels}, at::kFloat);
      sum += map.sum(0).to(at::kDouble);
      products += at::mm(map.t(), map).to(at::kDouble);
      rows += static_cast<double>(count);
    }
    auto const mean = sum / rows;
    auto const covariance = products / rows - at::outer(mean, mean);
    auto const of_outputs = at::mv(layer.matrix, mean).contiguous();
    auto const variance = (at::mm(layer.matrix, covariance) * layer.matrix).sum(1).clamp_min_(0).contiguous();
    auto const values_of = [](at::Tensor const& t) { return std::vector<double>(t.data_ptr<double>(), t.data_ptr<double>() + t.numel()); };
    return {values_of(of_outputs), values_of(variance)};
  }

  /// What a layer reads of a chunk: from what is kept, through the layers since.
  void const* input_of(std::size_t index, std::int64_t chunk) {
    auto const first = since_.empty() ? index : since_.front();
    float* const values = kept_.data() + static_cast<std::size_t>(chunk) * layers_[first].in_values();
    auto const* input =
        is_raw_ ? output_of(layers_[kept_layer_], values) : as_input(layers_[first].coded.input, values, layers_[first].in_values());
    for (auto const i : since_) {
      auto& layer = layers_[i];
      if (!layer.fused) {
        layer.convolution.run(input, scratch_[2].data());
        input = output_of(layer, scratch_[2].data());
      } else if (layer.fused->destination() != Number::f32) {
        auto* const codes = input == codes_[0].data() ? codes_[1].data() : codes_[0].data();
        layer.fused->run(input, codes);
        input = codes;
      } else {
        float* const output = input == scratch_[1].data() ? scratch_[0].data() : scratch_[1].data();
        layer.fused->run(input, output);
        if (layer.squeeze_excite) layer.squeeze_excite->run(output);
        input = as_input(layer.next, output, layer.out_values());
      }
    }
    return input;
  }

  /// What the next layer reads, made of a layer's sums.
  void const* output_of(MeasuredLayer& layer, float const* sums) {
    if (!layer.writes_codes()) return as_input(layer.next, finished(layer, sums, scratch_[1].data()), layer.out_values());
    apply(layer.to_codes, sums, layer.out_rows(chunk_), layer.next->number(), codes_[0].data());
    return codes_[0].data();
  }

  float* finished(MeasuredLayer& layer, float const* sums, float* to) const {
    apply(layer.to_floats, sums, layer.out_rows(chunk_), Number::f32, to);
    if (layer.squeeze_excite) layer.squeeze_excite->run(to);
    return to;
  }

  void const* as_input(std::optional<InputCode> const& code, float const* values, std::size_t count) {
    if (!code) return values;
    quantise(values, count, *code, codes_[0].data());
    return codes_[0].data();
  }

  /// Makes what is kept the finished map after the last layer.
  void finish() {
    if (!since_.empty()) {
      auto const before = since_.back();
      auto& layer = layers_[before];
      next_.resize(layer.out_values() * chunks());
      since_.pop_back();
      for (std::int64_t c = 0; c < num_chunks_; ++c) {
        auto* const to = next_.data() + static_cast<std::size_t>(c) * layer.out_values();
        layer.convolution.run(input_of(before, c), scratch_[2].data());
        finished(layer, scratch_[2].data(), to);
      }
      std::swap(kept_, next_);
      kept_layer_ = before;
      since_.clear();
    } else if (is_raw_) {
      auto& layer = layers_[kept_layer_];
      for (std::int64_t c = 0; c < num_chunks_; ++c) {
        auto* const chunk = kept_.data() + static_cast<std::size_t>(c) * layer.out_values();
        finished(layer, chunk, chunk);
      }
    }
    is_raw_ = false;
  }

  void add_shortcut() {
    auto const& layer = layers_[kept_layer_];
    auto adding = layer.to_floats;
    adding.adds_to_destination = true;
    apply(adding, kept_.data(), layer.out_rows(chunk_) * chunks(), Number::f32, shortcut_.data());
    std::swap(kept_, shortcut_);
    is_raw_ = false;
    map_bound_ += shortcut_bound_;
  }

  std::vector<MeasuredLayer> layers_;
  std::int64_t chunk_ = 1, images_ = 0, num_chunks_ = 0;
  std::size_t wide_values_ = 0;
  FloatBuffer kept_, next_, shortcut_;
  std::array<FloatBuffer, 3> scratch_;  // 0, 1: inputs of layers; 2: sums
  std::array<std::vector<std::uint8_t>, 2> codes_;
  std::size_t kept_layer_ = 0;                 // whose sums are kept
  bool is_raw_ = false;                        // kept: sums of kept_layer_, still to be normalised; else a finished map
  double map_bound_ = 0, shortcut_bound_ = 0;  // of what the next layer reads, of what is added at the block's end
  std::vector<std::size_t> since_;             // layers after what is kept, computed anew for every chunk
};

}  // namespace

void observe_statistics(net::SubnetNet const& net, Batches batches, bool quantise, Engine::StatisticsObserver const& observe) {
  if (batches.size() == 0) return;
  std::optional<Pass> pass;
  for (std::size_t batch = 0; batch < batches.size(); ++batch) {
    auto const images = batches[batch].to(at::kFloat).contiguous(at::MemoryFormat::ChannelsLast);
    if (!pass) pass.emplace(net, quantise, images.size(2));
    pass->run(net, images, observe);
  }
}

}  // namespace apq::engine::onednn
