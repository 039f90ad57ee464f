#pragma once

#include <compare>
#include <string>

namespace apq::cost {

/// One convolution or fully connected layer (in_size 1), square maps and filters, padding kernel /
/// 2, batch 1.
struct LayerShape {
  int in_channels = 1;
  int out_channels = 1;
  int in_size = 1;  ///< height = width of the input, pixels
  int kernel = 1;
  int stride = 1;
  int groups = 1;       ///< in_channels: depthwise
  bool im2col = false;  ///< mapped as a matrix product over kernel^2 x in_channels, as the first layer is
  auto operator<=>(LayerShape const&) const = default;

  int padding() const { return kernel / 2; }
  int out_size() const { return (in_size + 2 * padding() - kernel) / stride + 1; }
  double num_weights() const { return 1.0 * kernel * kernel * (in_channels / groups) * out_channels; }
  double macs() const { return num_weights() * out_size() * out_size(); }
};

/// Bit widths of a layer's operands.
struct LayerBits {
  int weight = 8;
  int activation = 8;
  auto operator<=>(LayerBits const&) const = default;
};

/// "(16, 96, 112, 1, 1, 0, 1)-W8A8": in, out channels, size, kernel, stride, padding, groups. Key
/// of the lookup table.
std::string key_of(LayerShape const& shape, LayerBits bits);

}  // namespace apq::cost
