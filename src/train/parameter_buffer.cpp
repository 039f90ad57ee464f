#include "train/parameter_buffer.hpp"

namespace apq::train {

void ParameterBuffer::add(DenseLayer& layer, at::Tensor const& weight, at::Tensor const& bias) {
  entries_.push_back({weight, &layer.weight, &layer.weight_gradient});
  entries_.push_back({bias, &layer.bias, &layer.bias_gradient});
}

void ParameterBuffer::seat() {
  std::int64_t size = 0;
  for (auto const& entry : entries_) size += entry.initial.numel();
  values = at::empty({size}, entries_.at(0).initial.options());
  gradients = at::zeros_like(values);
  std::int64_t first = 0;
  for (auto const& entry : entries_) {
    auto const count = entry.initial.numel();
    *entry.value = values.narrow(0, first, count).view(entry.initial.sizes());
    *entry.gradient = gradients.narrow(0, first, count).view(entry.initial.sizes());
    entry.value->copy_(entry.initial);
    first += count;
  }
  entries_.clear();
}

}  // namespace apq::train
