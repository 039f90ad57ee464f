#include "common/engine/onednn/compiled_net.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <ATen/core/grad_mode.h>

#include "common/engine/onednn/map_kernels.hpp"
#include "common/engine/onednn/value_bound.hpp"

namespace apq::engine::onednn {
namespace {

constexpr std::size_t cached_bytes = std::size_t{4} << 20;
constexpr std::int64_t most_images = 64;

/// Buffers that are handed on as soon as nothing needs their content.
class BufferPlan {
 public:
  std::size_t take(std::size_t bytes) {
    auto best = sizes_.size();
    for (std::size_t i = 0; i < sizes_.size(); ++i)
      if (is_free_[i] && (best == sizes_.size() || waste(i, bytes) < waste(best, bytes))) best = i;
    if (best == sizes_.size()) {
      sizes_.push_back(0);
      is_free_.push_back(false);
    }
    sizes_[best] = std::max(sizes_[best], bytes);
    is_free_[best] = false;
    return best;
  }
  void give_back(std::size_t slot) { is_free_[slot] = true; }
  std::vector<std::size_t> const& sizes() const { return sizes_; }

 private:
  std::size_t waste(std::size_t i, std::size_t bytes) const { return sizes_[i] > bytes ? sizes_[i] - bytes : bytes - sizes_[i]; }
  std::vector<std::size_t> sizes_;
  std::vector<bool> is_free_;
};

/// The map between two layers, in the forms that exist of it.
struct Value {
  std::optional<std::size_t> floats, codes;
  std::int64_t channels, size;
  double bound = 0;  // of |floats|
  std::size_t values(std::int64_t batch) const { return static_cast<std::size_t>(batch * channels * size * size); }
};

}  // namespace

std::int64_t chunk_of(std::vector<CodedLayer> const& layers, std::int64_t image_size, bool is_quantised) {
  std::size_t largest = 1;
  std::int64_t size = image_size;
  for (std::size_t i = 0; i + 1 < layers.size(); ++i) {
    if (layers[i].is_dense) continue;
    auto const shape = layers[i].shape(1, size);
    largest = std::max(largest, shape.out_values() * (is_quantised && i > 0 ? 1 : sizeof(float)));
    size = shape.out_size();
  }
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(cached_bytes / largest), 1, most_images);
}

void CompiledSubnet::plan(std::int64_t image_size) {
  auto const layers = coded_layers(net_, quantise_);
  image_size_ = image_size;
  for (auto const& layer : layers) layer_names_.push_back(layer.name);
  adds_to_images_ = net_.blocks.front().has_shortcut;
  image_channels_ = layers.front().in_channels;
  classes_ = layers.back().out_channels;
  chunk_ = chunk_of(layers, image_size, quantise_);
  BufferPlan buffers;
  auto const bytes = [&](Value const& value, Number number) { return value.values(chunk_) * bytes_of(number); };
  Value current{{}, {}, image_channels_, image_size, image_bound};
  current.floats = buffers.take(bytes(current, Number::f32));

  auto const make_codes = [&](InputCode const& code) {
    if (current.codes) return;
    current.codes = buffers.take(bytes(current, code.number()));
    steps_.push_back({.kind = Step::Kind::quantise,
                      .from = *current.floats,
                      .to = *current.codes,
                      .channels = current.channels,
                      .size = current.size,
                      .code = code});
  };
  auto const look_where_large = [&](std::size_t index) {
    if (!current.floats || current.bound <= largest_unseen) return;
    steps_.push_back({.kind = Step::Kind::look,
                      .from = *current.floats,
                      .to = *current.floats,
                      .layer = index,
                      .channels = current.channels,
                      .size = current.size});
    current.bound = largest_unseen;
  };
  auto const release = [&](Value const& value) {
    if (value.codes) buffers.give_back(*value.codes);
    if (value.floats) buffers.give_back(*value.floats);
  };
  auto const pool = [&](std::size_t index) {
    look_where_large(index);
    Value pooled{{}, {}, current.channels, 1, current.bound};
    pooled.floats = buffers.take(bytes(pooled, Number::f32));
    steps_.push_back(
        {.kind = Step::Kind::mean, .from = *current.floats, .to = *pooled.floats, .channels = current.channels, .size = current.size});
    release(current);
    current = pooled;
  };
  auto const convolve = [&](std::size_t index, Value& result, Number number, Epilogue const& epilogue) {
    auto const& layer = layers[index];
    auto const& destination = number == Number::f32 ? result.floats : result.codes;
    if (layer.input) make_codes(*layer.input);
    steps_.push_back({.kind = Step::Kind::convolve,
                      .from = layer.input ? *current.codes : *current.floats,
                      .to = *destination,
                      .layer = index,
                      .convolution = layer.convolution(layer.shape(chunk_, current.size), number, epilogue),
                      .channels = current.channels,
                      .size = current.size});
  };

  std::size_t index = 0;
  for (std::size_t b = 0; b < net_.blocks.size(); ++b) {
    auto const& block = net_.blocks[b];
    if (block.is_after_pooling) pool(index);
    look_where_large(index);
    auto const shortcut = block.has_shortcut ? current.floats : std::nullopt;
    auto const shortcut_bound = current.bound;
    for (std::size_t u = 0; u < block.convs.size(); ++u, ++index) {
      bool const ends_block = u + 1 == block.convs.size(), has_gate = block.convs[u].squeeze_excite.has_value();
      auto const* const after =
          ends_block ? (b + 1 < net_.blocks.size() ? &net_.blocks[b + 1] : nullptr) : &block;  // null: the pooling before the classifier
      bool const adds = ends_block && block.has_shortcut;
      bool const is_read_as_floats = after == nullptr || has_gate || (ends_block && (after->has_shortcut || after->is_after_pooling));
      auto const& next = layers[index + 1].input;
      bool const writes_codes = layers[index].input && next && next->step() > 0 && !adds && !is_read_as_floats;
      auto const shape = layers[index].shape(chunk_, current.size);
      if (!layers[index].input) look_where_large(index);
      auto const epilogue = layers[index].epilogue(writes_codes ? next : std::nullopt, adds);
      auto const bound = require_bounded(layers[index], epilogue, input_bound(layers[index], current.bound), shortcut_bound).output;
      Value result{{}, {}, layers[index].out_channels, shape.out_size(), bound};
      if (writes_codes) result.codes = buffers.take(bytes(result, next->number()));
      else result.floats = adds ? shortcut : buffers.take(bytes(result, Number::f32));
      convolve(index, result, writes_codes ? next->number() : Number::f32, epilogue);
      if (current.codes) buffers.give_back(*current.codes);
      if (current.floats && current.floats != shortcut && current.floats != result.floats) buffers.give_back(*current.floats);
      current = result;
      if (has_gate) {
        look_where_large(index + 1);
        auto squeeze_excite = SqueezeExcite(std::span(layers).subspan(index + 1).first<2>(), chunk_, current.size);
        squeeze_excite.require_bounded(current.bound);
        steps_.push_back({.kind = Step::Kind::squeeze_excite,
                          .from = *current.floats,
                          .to = *current.floats,
                          .layer = index + 1,
                          .squeeze_excite = std::move(squeeze_excite),
                          .channels = current.channels,
                          .size = current.size});
        index += 2;
      }
    }
  }
  pool(index);
  Value result{{}, {}, classes_, 1};
  result.floats = buffers.take(bytes(result, Number::f32));
  convolve(layers.size() - 1, result, Number::f32, layers.back().epilogue(std::nullopt, false));
  for (auto const size : buffers.sizes()) buffers_.push_back(at::zeros({static_cast<std::int64_t>(size)}, at::kByte));
  net_ = {};
}

void CompiledSubnet::run_chunk(float const* images, float* logits, std::int64_t count, Engine::InputObserver const& observe) {
  auto const data = [&](Slot slot) { return static_cast<void*>(buffers_[slot].data_ptr<std::uint8_t>()); };
  auto const image_values = image_channels_ * image_size_ * image_size_;
  // A part of a chunk is run as a whole one: an image's numbers must not depend on how many came with it.
  void const* first = images;
  if (count < chunk_ || adds_to_images_) {
    std::memcpy(data(0), images, static_cast<std::size_t>(count * image_values) * sizeof(float));
    first = data(0);
  }
  for (auto& step : steps_) {
    void const* const from = &step == &steps_.front() ? first : data(step.from);
    auto const rows = static_cast<std::size_t>(chunk_ * step.size * step.size);
    auto const channels = static_cast<std::size_t>(step.channels);
    switch (step.kind) {
      case Step::Kind::convolve:
        if (observe) {
          auto const view =
              at::from_blob(const_cast<void*>(from), {count, step.size, step.size, step.channels}, at::kFloat).permute({0, 3, 1, 2});
          observe(step.layer, step.layer + 1 == layer_names_.size() ? view.flatten(1) : view);
        }
        step.convolution->run(from, data(step.to));
        break;
      case Step::Kind::quantise:
        quantise(static_cast<float const*>(from), rows * channels, step.code, data(step.to));
        break;
      case Step::Kind::look:
        require_small(static_cast<float const*>(from), static_cast<std::size_t>(count * step.size * step.size) * channels,
                      layer_names_[step.layer]);
        break;
      case Step::Kind::squeeze_excite:
        step.squeeze_excite->run(
            static_cast<float*>(data(step.to)),
            !observe ? SqueezeExcite::Observer{} : [&](std::size_t i, float const* input, std::int64_t inputs) {
              observe(step.layer + i, at::from_blob(const_cast<float*>(input), {count, inputs}, at::kFloat));
            });
        break;
      case Step::Kind::mean:
        mean_over_map(static_cast<float const*>(from), static_cast<std::size_t>(chunk_), static_cast<std::size_t>(step.size * step.size),
                      channels, static_cast<float*>(data(step.to)));
        break;
    }
  }
  std::memcpy(logits, data(steps_.back().to), static_cast<std::size_t>(count * classes_) * sizeof(float));
}

at::Tensor CompiledSubnet::run(at::Tensor const& images, Engine::InputObserver const& observe) {
  at::NoGradGuard const no_grad;
  if (steps_.empty()) plan(images.size(2));
  auto const batch = images.to(at::kFloat).contiguous(at::MemoryFormat::ChannelsLast);
  auto logits = at::empty({batch.size(0), classes_}, at::kFloat);
  auto const image_values = image_channels_ * image_size_ * image_size_;
  for (std::int64_t first = 0; first < batch.size(0); first += chunk_)
    run_chunk(batch.data_ptr<float>() + first * image_values, logits.data_ptr<float>() + first * classes_,
              std::min(chunk_, batch.size(0) - first), observe);
  return logits;
}

}  // namespace apq::engine::onednn
