#include "common/space/net_config.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "common/core/error.hpp"
#include "common/core/json_text.hpp"

namespace apq::space {
namespace {
using Json = nlohmann::json;

constexpr int channel_divisor = 8;  // MCUNet's and APQ's
constexpr int default_resolution = 224;
constexpr std::size_t max_bytes = std::size_t{16} << 20;
constexpr std::size_t max_blocks = 1000;

/// An object of the net config and where it stands ("n.json", "n.json: blocks[3]"), for messages.
class Part {
 public:
  Part(Json const& json, std::string const& where, char const* separator = ".") : json_(json), where_(where), separator_(separator) {
    if (!json.is_object()) throw Error(Errc::data, fmt::format("{}: is {}, not an object", where, json.type_name()));
  }
  [[noreturn]] void fail(std::string const& key, std::string const& problem) const {
    throw Error(Errc::data, fmt::format("{}{}{}: {}", where_, separator_, key, problem));
  }
  bool has(char const* key) const { return json_.contains(key) && !json_.at(key).is_null(); }
  Json const& at(char const* key) const {
    if (!has(key)) fail(key, "is missing");
    return json_.at(key);
  }
  Part part(char const* key) const { return {at(key), where_ + separator_ + key}; }
  int integer(char const* key, int low, int high) const {
    auto const& value = at(key);
    if (!value.is_number()) fail(key, fmt::format("is {}, not a number", value.type_name()));
    double const number = value.get<double>();
    if (!(number >= low && number <= high) || number != static_cast<int>(number))
      fail(key, fmt::format("= {} must be a whole number from {} to {}", value.dump(), low, high));
    return static_cast<int>(number);
  }
  double number(char const* key, double low, double high) const {
    auto const& value = at(key);
    if (!value.is_number() || !(value.get<double>() >= low && value.get<double>() <= high))
      fail(key, fmt::format("= {} must be a number from {} to {}", shown(value), low, high));
    return value.get<double>();
  }
  std::string text(char const* key) const {
    auto const& value = at(key);
    if (!value.is_string()) fail(key, fmt::format("is {}, not a text", value.type_name()));
    return value.get<std::string>();
  }
  /// Absent counts as `usual`.
  void require(char const* key, Json const& usual, char const* why) const {
    if (json_.contains(key) && json_.at(key) != usual)
      fail(key, fmt::format("= {}; a space holds networks with {} alone ({})", shown(json_.at(key)), usual.dump(), why));
  }
  std::string const& where() const { return where_; }
  Json const& json() const { return json_; }

 private:
  static std::string shown(Json const& value) {
    return value.is_structured() ? value.type_name() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  Json const& json_;
  std::string where_;
  char const* separator_;  // before a key
};

constexpr int max_width = 65536;

struct TrainedBlock {
  int number;  // in the checkpoint
  int in_channels, out_channels, kernel, stride, middle;
  bool has_shortcut;
};

struct TrainedNet {
  int image_channels, image_size, num_classes;
  bool names_resolution;
  int stem_width, stem_kernel, stem_stride;
  int first_width, first_kernel;
  std::vector<TrainedBlock> blocks;
  int feature_mix_width;  // 0: none
  double bn_epsilon, bn_momentum;
};

int odd_kernel(Part const& layer, char const* key) {
  int const kernel = layer.integer(key, 1, 31);
  if (kernel % 2 == 0) layer.fail(key, fmt::format("= {} is even; kernels must be odd", kernel));
  return kernel;
}

void require_plain_convolution(Part const& layer) {
  layer.require("act_func", "relu6", "its activation is fixed");
  layer.require("bias", false, "batch norm has the bias");
  layer.require("use_bn", true, "every convolution is normalised");
  layer.require("dilation", 1, "filters are dense");
  layer.require("groups", 1, "only the blocks' own depthwise filters are grouped");
  layer.require("has_shuffle", false, "channels keep their order");
}

bool has_identity(Part const& block) {
  if (!block.has("shortcut")) return false;
  auto const shortcut = block.part("shortcut");
  auto const name = shortcut.text("name");
  if (name == "ZeroLayer") return false;
  if (name != "IdentityLayer") shortcut.fail("name", fmt::format("= {}; only IdentityLayer is known", name));
  return true;
}

/// A block's convolutions, or null where the block is only its shortcut.
Json const* convolutions_of(Part const& block) {
  for (char const* key : {"mobile_inverted_conv", "conv"}) {  // once-for-all renamed it
    if (!block.has(key)) continue;
    auto const layer = block.part(key);
    if (layer.text("name") == "ZeroLayer") return nullptr;
    if (layer.text("name") != "MBInvertedConvLayer")
      layer.fail("name", fmt::format("= {}; only MBInvertedConvLayer is known", layer.text("name")));
    return &layer.json();
  }
  return nullptr;
}

TrainedBlock read_block(Part const& layer, int number, int in_channels, bool has_shortcut) {
  TrainedBlock block{};
  block.number = number;
  block.in_channels = layer.integer("in_channels", 1, max_width);
  if (block.in_channels != in_channels) layer.fail("in_channels", fmt::format("= {}, but {} come in", block.in_channels, in_channels));
  block.out_channels = layer.integer("out_channels", 1, max_width);
  block.kernel = odd_kernel(layer, "kernel_size");
  block.stride = layer.integer("stride", 1, 8);
  // A block of that ratio lacks the first of its three convolutions, whatever mid_channels says.
  if (number > 0 && layer.has("expand_ratio") && layer.number("expand_ratio", 0.01, 64) == 1)
    layer.fail("expand_ratio", "= 1: a block without an expanding convolution; a space has one in the first place alone");
  // mid_channels wins; without it Python's round(in_channels * expand_ratio), halves to even.
  block.middle = layer.has("mid_channels") ? layer.integer("mid_channels", 1, max_width)
                                           : static_cast<int>(std::nearbyint(in_channels * layer.number("expand_ratio", 0.01, 64)));
  block.middle = std::max(block.middle, 1);
  layer.require("act_func", "relu6", "its activation is fixed");
  layer.require("use_se", false, "it has no squeeze-and-excitation");
  block.has_shortcut = has_shortcut;
  if (has_shortcut && (block.stride != 1 || block.in_channels != block.out_channels))
    throw Error(Errc::data, fmt::format("{}: has an identity shortcut around {} -> {} channels at stride {}", layer.where(),
                                        block.in_channels, block.out_channels, block.stride));
  return block;
}

void read_first_block(TrainedNet& net, Part const& block) {
  auto const* json = convolutions_of(block);
  if (json == nullptr) throw Error(Errc::data, fmt::format("{}: the first block is missing or skipped", block.where()));
  auto const first = read_block({*json, block.where() + ".mobile_inverted_conv"}, 0, net.stem_width, has_identity(block));
  if (first.middle != first.in_channels || first.stride != 1 || first.has_shortcut)
    throw Error(Errc::data, fmt::format("{}: expands, strides or has a shortcut; a space's first block is a depthwise and a "
                                        "1x1 convolution at stride 1 without shortcut",
                                        block.where()));
  net.first_width = first.out_channels;
  net.first_kernel = first.kernel;
}

TrainedNet read_net(Json const& json, std::string const& source) {
  Part const root(json, source, ": ");
  TrainedNet net{};
  for (auto const& [key, value] : json.items())
    if (value.is_object() && value.contains("name") && key != "first_conv" && key != "feature_mix_layer" && key != "classifier")
      root.fail(key, "is a layer that a space has no place for");
  net.names_resolution = root.has("resolution");
  net.image_size = net.names_resolution ? root.integer("resolution", 1, 8192) : default_resolution;
  auto const stem = root.part("first_conv");
  require_plain_convolution(stem);
  net.image_channels = stem.integer("in_channels", 1, 1024);
  net.stem_width = stem.integer("out_channels", 1, max_width);
  net.stem_kernel = odd_kernel(stem, "kernel_size");
  net.stem_stride = stem.integer("stride", 1, 8);

  auto const& blocks = root.at("blocks");
  if (!blocks.is_array() || blocks.size() < 2 || blocks.size() > max_blocks)
    root.fail("blocks", fmt::format("must be a list of 2 to {} blocks", max_blocks));
  int channels = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    Part const block(blocks[i], fmt::format("{}: blocks[{}]", source, i));
    if (i == 0) {
      read_first_block(net, block);
      channels = net.first_width;
      continue;
    }
    auto const* layer = convolutions_of(block);
    bool const shortcut = has_identity(block);
    if (layer == nullptr) {
      if (!shortcut) throw Error(Errc::data, fmt::format("{}: has neither convolutions nor a shortcut", block.where()));
      continue;
    }
    net.blocks.push_back(read_block({*layer, block.where() + ".mobile_inverted_conv"}, static_cast<int>(i), channels, shortcut));
    channels = net.blocks.back().out_channels;
  }
  if (net.blocks.empty()) root.fail("blocks", "has no block to search");

  if (root.has("feature_mix_layer")) {
    auto const mix = root.part("feature_mix_layer");
    require_plain_convolution(mix);
    mix.require("kernel_size", 1, "the feature mix is a 1x1 convolution");
    mix.require("stride", 1, "the feature mix keeps the map");
    if (int const in = mix.integer("in_channels", 1, max_width); in != channels)
      mix.fail("in_channels", fmt::format("= {}, but {} come in", in, channels));
    channels = net.feature_mix_width = mix.integer("out_channels", 1, max_width);
  }
  auto const classifier = root.part("classifier");
  classifier.require("bias", true, "the classifier has one");
  classifier.require("use_bn", false, "the classifier is one linear layer");
  classifier.require("act_func", nullptr, "the classifier gives logits");
  if (int const in = classifier.integer("in_features", 1, max_width); in != channels)
    classifier.fail("in_features", fmt::format("= {}, but {} come in", in, channels));
  net.num_classes = classifier.integer("out_features", 2, 1'000'000);
  auto const norm = root.part("bn");
  norm.require("ws_eps", nullptr, "weights are not standardised");
  net.bn_epsilon = norm.number("eps", 1e-12, 1.0);
  net.bn_momentum = norm.has("momentum") ? norm.number("momentum", 0.0, 1.0) : 0.1;
  return net;
}

std::vector<int> kernel_choices(int trained) {
  std::vector<int> kernels;
  for (int kernel = std::min(3, trained); kernel <= trained; kernel += 2) kernels.push_back(kernel);
  return kernels;
}

/// 4/8 ... 8/8 of the trained number in multiples of the divisor, never under half of it; the trained number itself is
/// always there.
std::vector<int> middle_choices(int trained) {
  std::vector<int> widths{trained};
  for (int eighths = 4; eighths < 8; ++eighths) {
    int const width = (trained * eighths / 8 + channel_divisor - 1) / channel_divisor * channel_divisor;
    if (width < trained) widths.push_back(width);
  }
  std::sort(widths.begin(), widths.end());
  widths.erase(std::unique(widths.begin(), widths.end()), widths.end());
  return widths;
}

using BlockIterator = std::vector<TrainedBlock>::const_iterator;

std::string stage_text(BlockIterator first, BlockIterator last) {
  auto smallest_depth = last;
  while (smallest_depth - first > 1 && std::prev(smallest_depth)->has_shortcut) --smallest_depth;
  std::vector<long> depths;
  for (auto depth = smallest_depth - first; depth <= last - first; ++depth) depths.push_back(depth);
  auto text = fmt::format("  - width: {}\n    stride: {}\n    depths: [{}]\n    blocks:\n", first->out_channels, first->stride,
                          fmt::join(depths, ", "));
  for (auto block = first; block != last; ++block) {
    bool const lacks_shortcut = !block->has_shortcut && block->stride == 1 && block->in_channels == block->out_channels;
    text += fmt::format("      - {{kernels: [{}], middle: [{}]{}}}  # blocks.{} of the checkpoint, {} -> {} channels\n",
                        fmt::join(kernel_choices(block->kernel), ", "), fmt::join(middle_choices(block->middle), ", "),
                        lacks_shortcut ? ", shortcut: false" : "", block->number, block->in_channels, block->out_channels);
  }
  return text;
}

std::string name_of(std::string const& source) {
  auto name = std::filesystem::path(source).stem().string();
  for (char& c : name)
    if (!(('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') || c == '-' || c == '.')) c = '_';
  return name.empty() ? "net" : name;
}

}  // namespace

bool is_net_config(std::string const& text) {
  auto const start = text.find_first_not_of(" \t\r\n");
  return start != text.npos && text[start] == '{' && text.find("\"first_conv\"") != text.npos && text.find("\"blocks\"") != text.npos;
}

std::string space_file_of(std::string const& text, std::string const& source) {
  if (text.size() > max_bytes) throw Error(Errc::data, fmt::format("{}: is larger than 16 MiB (a net config is a few KiB)", source));
  auto const net = read_net(parse_json(text, source), source);

  auto out = fmt::format(
      "# The space around one trained network, made from its net config ({}).\n"
      "# The trained network is the largest subnet. The others have the centre of its kernels, some of its middle channels\n"
      "# (imported weights are sorted, so that the first channels are the important ones), fewer blocks, fewer bits.\n"
      "# The net config does not say how pixels were normalised; MCUNet's networks expect mean 0.5 and std 0.5.\n",
      name_of(source));
  out += fmt::format("name: \"{}\"\n", name_of(source));
  out += fmt::format("image: {{channels: {}, size: {}, classes: {}, odd_sizes: round_up}}{}\n", net.image_channels, net.image_size,
                     net.num_classes, net.names_resolution ? "" : "  # the net config names no resolution; 224 is assumed");
  out += fmt::format("stem: {{width: {}, kernel: {}, stride: {}}}\n", net.stem_width, net.stem_kernel, net.stem_stride);
  out += fmt::format("first_block: {{width: {}, kernel: {}}}\n", net.first_width, net.first_kernel);
  out += net.feature_mix_width > 0 ? fmt::format("feature_mix: {{width: {}}}\n", net.feature_mix_width)
                                   : "feature_mix: none  # the classifier sees the last block's mean\n";
  out += fmt::format("batch_norm: {{epsilon: {}, momentum: {}}}\n", net.bn_epsilon, net.bn_momentum);
  out += fmt::format("channel_divisor: {}\n", channel_divisor);
  out += "kernel_transform: crop  # a smaller kernel is the centre of the trained one; there are no learned matrices\n";
  out += "stages:  # the last choice of everything is what was trained; only blocks with a shortcut can be left out\n";
  for (auto first = net.blocks.begin(); first != net.blocks.end();) {
    auto const last = std::find_if(std::next(first), net.blocks.end(),
                                   [](TrainedBlock const& block) { return block.stride != 1 || block.in_channels != block.out_channels; });
    out += stage_text(first, last);
    first = last;
  }
  out += "bits:\n";
  for (char const* role : {"pw_w", "pw_a", "dw_w", "dw_a"}) out += fmt::format("  {}: [4, 6, 8]\n", role);
  return out;
}

}  // namespace apq::space
