#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/space/layer_kinds.hpp"

namespace apq::space {

/// The four bit-width genes of a block: weights (w) and activations (a) of its two 1x1 convolutions
/// (pw) and of its depthwise one (dw).
enum class Role { pw_w, pw_a, dw_w, dw_a };
inline constexpr int num_roles = 4;
inline constexpr std::array<char const*, num_roles> role_names{"pw_w", "pw_a", "dw_w", "dw_a"};

/// One searchable inverted-bottleneck block (MobileNetV2: 1x1 expand, kxk depthwise, 1x1 project).
struct Block {
  int stage;     ///< index into SearchSpace::stages
  int position;  ///< within the stage; the block is active iff position < depth of its stage
  int in_channels;
  int out_channels;
  int stride;
  int in_size;                       ///< height = width of the block's input at the largest image size, pixels
  std::vector<int> kernels;          ///< ascending
  std::vector<int> middle_channels;  ///< ascending
  bool may_have_shortcut = true;     ///< false: trained without one although the shapes allow it
  bool has_shortcut() const { return may_have_shortcut && stride == 1 && in_channels == out_channels; }
};

struct Stage {
  int width;                ///< output channels
  int stride;               ///< of its first block
  std::vector<int> depths;  ///< allowed numbers of active blocks, ascending
  int first_block;          ///< index into SearchSpace::blocks
  int num_blocks;           ///< = depths.back()
  Activation activation;    ///< after its expansions and depthwise convolutions
  bool squeeze_excite;      ///< after its depthwise convolutions, see squeezed_channels()
};

/// A combination no subnet may have, e.g. kernel 7 with 4-bit depthwise activations (absent from
/// the release's table).
struct Forbidden {
  int kernel;  ///< 0: any
  Role role;
  int bits;
};

/// How a smaller depthwise kernel comes out of the block's largest: its centre times a learned
/// matrix (OFA), or the centre alone (weights that were trained at one kernel have no matrices).
enum class KernelTransform { learned, crop };

/// What the search chooses from, read from a YAML file (docs: configs/spaces/*.yaml). Immutable
/// after loading.
struct SearchSpace {
  std::string name;
  int image_channels, image_size, num_classes;  ///< image_size: pixels, the largest of image_sizes
  std::vector<int> image_sizes;                 ///< ascending; more than one: the size is a gene
  bool rounds_sizes_up;                         ///< a map whose size a stride does not divide is rounded up (11 -> 6), as
                                                ///< padded convolutions do; else such a space is refused
  int stem_width, stem_kernel, stem_stride;
  int first_block_width,
      first_block_kernel;     ///< fixed block after the stem: depthwise + 1x1, no expansion
  bool first_block_shortcut;  ///< an identity around it, where its width is the stem's
  int final_expand_width;     ///< 1x1 convolution before the pooling, with head_activation; 0: none
  /// 1x1 convolution, with batch norm before the pooling; where there is a final expansion, after the
  /// pooling and without (MobileNetV3). 0: there is none.
  int feature_mix_width;
  Activation stem_activation, first_block_activation, head_activation;
  int channel_divisor;  ///< rounding of ratio genes: make_divisible(round(cin*e), divisor)
  double bn_epsilon, bn_momentum;
  KernelTransform kernel_transform;
  std::vector<Stage> stages;
  std::vector<Block> blocks;                     ///< all stages' blocks in order, B of them
  std::array<std::vector<int>, num_roles> bits;  ///< choices per role, ascending
  std::vector<Forbidden> forbidden;
  std::string hash;  ///< 64 hex digits over everything above but the name

  int num_blocks() const { return static_cast<int>(blocks.size()); }
  int num_stages() const { return static_cast<int>(stages.size()); }
  bool has_feature_mix() const { return feature_mix_width > 0; }
  /// Channels that are pooled and classified.
  int feature_width() const { return has_feature_mix() ? feature_mix_width : blocks.back().out_channels; }
  /// 1 when the image size is a gene, else 0.
  int num_size_genes() const { return image_sizes.size() > 1 ? 1 : 0; }
  /// Genes of a full-precision subnet: B kernels, B middle widths, S depths, the image size if it is
  /// one.
  int num_architecture_genes() const { return 2 * num_blocks() + num_stages() + num_size_genes(); }
  /// Genes of a quantised subnet: the above and 4 x B bit widths.
  int num_genes() const { return num_architecture_genes() + num_roles * num_blocks(); }
  bool is_forbidden(int kernel, Role role, int bit_width) const;
};

/// Height = width of each block's input [B] when the image is `image_size` pixels high: a strided
/// layer with padding kernel / 2 rounds up.
std::vector<int> block_input_sizes(SearchSpace const& space, int image_size);

/// Reads a space file, or the net config (JSON) of one trained network: then the space of
/// net_config.hpp around it.
/// @throws Error(config) with file:line for an unknown key, a value out of range, an even kernel, a
/// stride that does not
///         divide the feature-map size, an empty choice, more than 255 choices, or forbidden
///         combinations that leave nothing to choose.
SearchSpace load_space(std::filesystem::path const& file);
/// The same of a file's content: a space, or one network's net config.
SearchSpace parse_space_file(std::string const& text, std::string const& name);
SearchSpace parse_space(std::string const& yaml_text, std::string const& name);

/// Number of distinct architectures, and of (architecture, bit policy) pairs without the forbidden
/// ones. Distinct means distinct in canonical form: genes of inactive blocks do not count.
struct SpaceSize {
  double architectures, joint;
};
SpaceSize count(SearchSpace const& space);

}  // namespace apq::space
