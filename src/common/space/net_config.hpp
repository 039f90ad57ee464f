#pragma once

#include <string>

namespace apq::space {

/// True for the net config (JSON) of one network of the ProxylessNAS family, as ProxylessNAS, once-for-all and MCUNet
/// write it: an object with first_conv, blocks, classifier. Looks at the content only and never throws.
bool is_net_config(std::string const& text);

/// The space around one trained network, as the text of a space file with comments.
///
/// The trained network is the largest subnet. Smaller ones have smaller kernels (the centre of the trained one), fewer
/// middle channels (5/8, 6/8, 7/8 ... of the trained number, down to half of it, in multiples of 8), fewer blocks (those
/// with a shortcut at the end of a stage) and 4, 6 or 8 bit. A stage is what runs at one width and size; blocks that the
/// network skips (ZeroLayer) are left out.
///
/// @param json    the net config; keys that say nothing about the shape are ignored.
/// @param source  file name for messages and for the space's name.
/// @throws Error(data) "source: blocks[3]...: what is wrong" for what a space cannot express: other activations than
///         ReLU6, squeeze-and-excitation, a first block with expansion, stride or shortcut, channels that do not fit.
std::string space_file_of(std::string const& json, std::string const& source);

}  // namespace apq::space
