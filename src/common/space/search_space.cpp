#include "common/space/search_space.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/sha256.hpp"
#include "common/space/net_config.hpp"
#include "common/space/read_space.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::space {
namespace {

constexpr Range<int> width_range{1, 65536};
constexpr std::size_t max_choices = 255;  // a gene is one byte, 0 means inactive

constexpr std::size_t max_stages = 64;  // networks have less than ten

enum class OddSizes { refuse, round_up };
constexpr EnumNames<KernelTransform, 2> kernel_transform_names({{KernelTransform::learned, "learned"}, {KernelTransform::crop, "crop"}});
constexpr EnumNames<OddSizes, 2> odd_sizes_names({{OddSizes::refuse, "refuse"}, {OddSizes::round_up, "round_up"}});

constexpr Meaning kernel_meaning("Kernel size; odd", "pixels");
constexpr Meaning stride_meaning("Stride", "pixels");
constexpr Meaning feature_mix_meaning("Convolution of 1 x 1 before the classifier; the word none: there is none");
constexpr std::array<Meaning, num_roles> role_meanings{
    Meaning("Bit widths of 1 x 1 convolutions' weights", "bits"), Meaning("Bit widths of 1 x 1 convolutions' inputs", "bits"),
    Meaning("Bit widths of depthwise convolutions' weights", "bits"), Meaning("Bit widths of depthwise convolutions' inputs", "bits")};

/// Checked, ascending choices of one gene.
std::vector<int> choices(Config& config, std::string const& key, std::vector<int> values) {
  if (values.empty()) config.fail(key, "is empty; there must be at least one choice");
  if (values.size() > max_choices) config.fail(key, fmt::format("gives {} choices; at most {} fit a gene", values.size(), max_choices));
  std::sort(values.begin(), values.end());
  if (auto const twice = std::adjacent_find(values.begin(), values.end()); twice != values.end())
    config.fail(key, fmt::format("lists {} twice", *twice));
  return values;
}

/// low, low + step, ... up to `high`; counted before they are listed.
std::vector<int> range(Config& config, int low, int high, int step) {
  auto const number = (std::int64_t{high} - low) / step + 1;
  if (number > static_cast<std::int64_t>(max_choices))
    config.fail("step", fmt::format("gives {} choices; at most {} fit a gene", number, max_choices));
  std::vector<int> values;
  for (std::int64_t i = 0; i < number; ++i) values.push_back(static_cast<int>(low + i * step));
  return choices(config, "step", values);
}

std::vector<int> read_kernels(Config& config) {
  auto const kernels = config.list<int>("kernels", {1, 31}, {"Kernel sizes to choose from; odd", "pixels"});
  for (int k : kernels)
    if (k % 2 == 0) config.fail("kernels", fmt::format("{} is even; kernels must be odd", k));
  return choices(config, "kernels", kernels);
}

/// Middle widths of a block with `in_channels` inputs: ratios of those, a range of channels, or a
/// list.
std::vector<int> read_middle(Config& config, int in_channels, int divisor) {
  constexpr Meaning meaning("Widths of the expanded layer to choose from: a list of channels, or a section of one of the forms below",
                            "channels");
  if (config.is_list("middle")) return choices(config, "middle", config.list<int>("middle", width_range, meaning));
  Config middle = config.section("middle", meaning);
  if (middle.has("list")) return choices(middle, "list", middle.list<int>("list", width_range, {"Widths, one by one", "channels"}));
  if (middle.has("ratios")) {
    std::vector<int> values;
    for (double ratio : middle.list<double>("ratios", {0.01, 64.0}, {"Widths as multiples of the block's input channels"}))
      values.push_back(channels_from_ratio(in_channels, ratio, divisor));
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return choices(middle, "ratios", values);
  }
  int low = 0;
  int high = 0;
  std::string low_key = "min";
  if (middle.has("min") || middle.has("max")) {
    low = middle.get<int>("min", width_range, {"Least width of a range", "channels"});
    high = middle.get<int>("max", width_range, {"Largest width of a range", "channels"});
  } else {
    low_key = "min_ratio";
    low = channels_from_ratio(
        in_channels, middle.get<double>("min_ratio", {0.01, 64.0}, {"Least width of a range as a multiple of the block's input channels"}),
        divisor);
    high =
        static_cast<int>(std::floor(in_channels * middle.get<double>("max_ratio", {0.01, 64.0}, {"Its largest width, likewise"}) + 1e-9));
  }
  int const step = middle.get<int>("step", width_range, {"Step of the range; a multiple of channel_divisor", "channels"});
  if (step % divisor != 0) middle.fail("step", fmt::format("must be a multiple of channel_divisor ({})", divisor));
  if (low > high) middle.fail(low_key, fmt::format("leaves no width for {} input channels ({} is above {})", in_channels, low, high));
  return range(middle, low, high, step);
}

int rounded_up(int size, int stride) { return (size + stride - 1) / stride; }

/// The map after a strided layer. A size that does not divide exactly is taken as a slip of the file
/// unless the file allows it; image sizes in steps of 4 pixels cannot all divide.
int strided(Config& config, SearchSpace const& space, int size, int stride) {
  if (!space.rounds_sizes_up && size % stride != 0)
    config.fail("stride", fmt::format("does not fit the image (the map is {0} x {0} here and {0} is not a multiple of {1}); change "
                                      "one of them, or set image.odd_sizes: round_up",
                                      size, stride));
  return rounded_up(size, stride);
}

Activation read_activation(Config& config) {
  std::vector<std::string> names;
  for (auto const& kind : activation_kinds) names.emplace_back(kind.name);
  auto const name = config.choice_or("activation", "relu6", names, {"Nonlinearity after its convolutions"});
  return std::ranges::find(activation_kinds, name, &ActivationKind::name)->value;
}

/// A width of the file times the space's width multiplier, rounded as OFA rounds it.
int read_width(Config& config, double multiplier, int divisor) {
  int const width = config.get<int>("width", width_range, {"Output channels, before width_multiplier", "channels"});
  return multiplier == 1.0 ? width : make_divisible(width * multiplier, divisor);
}

/// `size`, or `sizes`: a list, or a range in steps.
std::vector<int> read_image_sizes(Config& image) {
  constexpr Range<int> sides{1, 8192};
  if (!image.has("sizes")) return {image.get<int>("size", sides, {"Side of the input images", "pixels"})};
  if (image.has("size")) image.fail("size", "stands beside sizes; keep one of them");
  constexpr Meaning meaning("Instead of size, where the image size is a gene: a list of sides, or a range", "pixels");
  if (image.is_list("sizes")) return choices(image, "sizes", image.list<int>("sizes", sides, meaning));
  auto sizes = image.section("sizes", meaning);
  int const low = sizes.get<int>("min", sides, {"Least side", "pixels"});
  int const high = sizes.get<int>("max", sides, {"Largest side", "pixels"});
  int const step = sizes.get<int>("step", sides, {"Step of the range", "pixels"});
  if (low > high) sizes.fail("min", fmt::format("is above max ({})", high));
  return range(sizes, low, high, step);
}

/// Blocks of one stage appended to the space; returns the map size after it.
int add_stage(SearchSpace& space, Config& config, int in_channels, int size, double multiplier) {
  Stage stage{};
  stage.width = read_width(config, multiplier, space.channel_divisor);
  stage.activation = read_activation(config);
  stage.squeeze_excite = config.get_or<bool>("squeeze_excite", false, {"Whether its blocks have a squeeze-excite unit"});
  stage.stride = config.get<int>("stride", {1, 8}, stride_meaning);
  stage.depths = choices(config, "depths", config.list<int>("depths", {1, 64}, {"Numbers of blocks to choose from", "blocks"}));
  stage.first_block = space.num_blocks();
  stage.num_blocks = stage.depths.back();
  int const out_size = strided(config, space, size, stage.stride);
  std::vector<Config> each;
  if (config.has("blocks")) {
    each = config.sections("blocks", {"A section per block of the largest depth, whose kernels, middle and shortcut replace the stage's"});
    if (static_cast<int>(each.size()) != stage.num_blocks)
      config.fail("blocks", fmt::format("has {} entries; the largest depth is {}", each.size(), stage.num_blocks));
  }
  for (int position = 0; position < stage.num_blocks; ++position) {
    Config* const own = each.empty() ? nullptr : &each[static_cast<std::size_t>(position)];
    auto source = [&](char const* key) -> Config& { return own != nullptr && own->has(key) ? *own : config; };
    Block block{};
    block.stage = space.num_stages();
    block.position = position;
    block.in_channels = position == 0 ? in_channels : stage.width;
    block.out_channels = stage.width;
    block.stride = position == 0 ? stage.stride : 1;
    block.in_size = position == 0 ? size : out_size;
    block.kernels = read_kernels(source("kernels"));
    block.middle_channels = read_middle(source("middle"), block.in_channels, space.channel_divisor);
    block.may_have_shortcut =
        source("shortcut").get_or<bool>("shortcut", true, {"Whether blocks that keep shape and channels add their input"});
    space.blocks.push_back(std::move(block));
  }
  space.stages.push_back(std::move(stage));
  return out_size;
}

void read_bits(SearchSpace& space, Config config) {
  for (std::size_t role = 0; role < num_roles; ++role)
    space.bits[role] = choices(config, role_names[role], config.list<int>(role_names[role], {2, 8}, role_meanings[role]));
}

void read_forbidden(SearchSpace& space, Config& config) {
  if (!config.has("forbidden")) return;
  auto const names = std::vector<std::string>(role_names.begin(), role_names.end());
  for (auto& item : config.sections("forbidden", {"Bit widths that some layers cannot have"})) {
    Forbidden forbidden{};
    forbidden.kernel = item.get_or<int>("kernel", 0, {0, 31}, {"Blocks of this kernel size; 0: all", "pixels"});
    if (!item.has("role")) item.fail("role", fmt::format("is missing; choose one of: {}", fmt::join(names, ", ")));
    auto const role = item.choice("role", names, {"Whose bits"});
    forbidden.role = static_cast<Role>(std::find(names.begin(), names.end(), role) - names.begin());
    forbidden.bits = item.get<int>("bits", {2, 8}, {"The width that they cannot have", "bits"});
    auto const& known = space.bits[static_cast<std::size_t>(forbidden.role)];
    if (std::find(known.begin(), known.end(), forbidden.bits) == known.end())
      item.fail("bits", fmt::format("is not a choice of {} ({})", role, fmt::join(known, ", ")));
    if (forbidden.kernel != 0 && std::none_of(space.blocks.begin(), space.blocks.end(), [&](Block const& block) {
          return std::count(block.kernels.begin(), block.kernels.end(), forbidden.kernel) > 0;
        }))
      item.fail("kernel", "is not a kernel of any stage");
    space.forbidden.push_back(forbidden);
    for (auto const& block : space.blocks)
      for (int kernel : block.kernels)
        if (std::all_of(known.begin(), known.end(), [&](int bits) { return space.is_forbidden(kernel, forbidden.role, bits); }))
          item.fail("bits", fmt::format("leaves kernel {} without any choice of {}", kernel, role));
  }
}

/// Everything that defines the space but its name, in a fixed order. Changing this text changes
/// every hash: don't. What came later is told only where it is not the default.
std::string canonical_text(SearchSpace const& s) {
  auto text = fmt::format(
      "apq space 1; image {} {} {}; stem {} {} {}; first {} {}; mix {}; divisor {}; bn {:.17g} "
      "{:.17g}\n",
      s.image_channels, s.image_size, s.num_classes, s.stem_width, s.stem_kernel, s.stem_stride, s.first_block_width, s.first_block_kernel,
      s.feature_mix_width, s.channel_divisor, s.bn_epsilon, s.bn_momentum);
  for (auto const& stage : s.stages) text += fmt::format("stage {} {} {}\n", stage.width, stage.stride, fmt::join(stage.depths, ","));
  for (auto const& block : s.blocks)
    text += fmt::format("block {} {} {} {}\n", block.stage, block.position, fmt::join(block.kernels, ","),
                        fmt::join(block.middle_channels, ","));
  for (std::size_t role = 0; role < num_roles; ++role) text += fmt::format("{} {}\n", role_names[role], fmt::join(s.bits[role], ","));
  // What came later is written only where it differs from what was there before.
  if (s.kernel_transform == KernelTransform::crop) text += "kernel transform crop\n";
  for (std::size_t b = 0; b < s.blocks.size(); ++b)
    if (!s.blocks[b].may_have_shortcut && s.blocks[b].stride == 1 && s.blocks[b].in_channels == s.blocks[b].out_channels)
      text += fmt::format("no shortcut {}\n", b);
  std::vector<std::string> forbidden;
  for (auto const& f : s.forbidden)
    forbidden.push_back(fmt::format("forbidden {} {} {}\n", f.kernel, role_names[static_cast<std::size_t>(f.role)], f.bits));
  std::sort(forbidden.begin(), forbidden.end());
  text += fmt::format("{}", fmt::join(forbidden, ""));
  if (s.image_sizes.size() > 1) text += fmt::format("sizes {}\n", fmt::join(s.image_sizes, ","));
  auto const activation = [&](std::string const& where, Activation a) {
    if (a != Activation::relu6) text += fmt::format("activation {} {}\n", where, kind_of(a).name);
  };
  activation("stem", s.stem_activation);
  activation("first", s.first_block_activation);
  activation("head", s.head_activation);
  for (std::size_t i = 0; i < s.stages.size(); ++i) {
    activation(fmt::format("stage {}", i), s.stages[i].activation);
    if (s.stages[i].squeeze_excite) text += fmt::format("squeeze_excite {}\n", i);
  }
  if (s.first_block_shortcut) text += "first shortcut\n";
  if (s.final_expand_width > 0) text += fmt::format("final_expand {}\n", s.final_expand_width);
  return text;
}

}  // namespace

SearchSpace read_space(Config config) {
  SearchSpace space{};
  space.name = config.get_or<std::string>("name", "unnamed", {"Name of the space, for messages and reports"});
  auto image = config.section("image", {"Input of the networks"});
  space.image_channels = image.get<int>("channels", {1, 1024}, {"Channels of the input images", "channels"});
  space.image_sizes = read_image_sizes(image);
  space.image_size = space.image_sizes.back();
  space.num_classes = image.get<int>("classes", {2, 1'000'000}, {"Classes of the classifier", "classes"});
  // Several image sizes cannot all divide; one that does not is more often a slip.
  space.rounds_sizes_up =
      image.choice_or("odd_sizes", space.image_sizes.size() > 1 ? OddSizes::round_up : OddSizes::refuse, odd_sizes_names,
                      {"What becomes of a map whose side a stride does not divide", "",
                       "refuse; round_up where there are several sizes"}) == OddSizes::round_up;
  space.channel_divisor = config.get_or<int>("channel_divisor", 8, {1, 1024}, {"Widths are rounded to multiples of this", "channels"});
  double const multiplier =
      config.get_or<double>("width_multiplier", 1.0, {0.01, 100.0}, {"All widths are multiplied by this, as OFA does"});
  auto stem = config.section("stem", {"First convolution"});
  space.stem_width = read_width(stem, multiplier, space.channel_divisor);
  space.stem_activation = read_activation(stem);
  space.stem_kernel = stem.get<int>("kernel", {1, 31}, kernel_meaning);
  if (space.stem_kernel % 2 == 0) stem.fail("kernel", "must be odd");
  space.stem_stride = stem.get<int>("stride", {1, 8}, stride_meaning);
  int size = strided(stem, space, space.image_size, space.stem_stride);
  auto first = config.section("first_block", {"Depthwise-separable block after the stem, which is not searched"});
  space.first_block_width = read_width(first, multiplier, space.channel_divisor);
  space.first_block_activation = read_activation(first);
  space.first_block_kernel = first.get<int>("kernel", {1, 31}, kernel_meaning);
  if (space.first_block_kernel % 2 == 0) first.fail("kernel", "must be odd");
  space.first_block_shortcut = first.get_or<bool>("shortcut", false, {"Whether it adds its input; it must have the stem's width then"});
  if (space.first_block_shortcut && space.first_block_width != space.stem_width)
    first.fail("shortcut", fmt::format("needs the stem's width ({}), not {}", space.stem_width, space.first_block_width));
  if (config.has("final_expand")) {
    auto expand = config.section("final_expand", {"Convolution of 1 x 1 before the pooling of OFA-MobileNetV3; left out: none"});
    space.final_expand_width = read_width(expand, multiplier, space.channel_divisor);
  }
  if (config.has("feature_mix") && !config.is_section("feature_mix")) {
    config.choice("feature_mix", {"none"}, feature_mix_meaning);
    if (space.final_expand_width > 0) config.fail("feature_mix", "is none, but final_expand comes before one");
  } else {
    auto mix = config.section("feature_mix", feature_mix_meaning);
    space.feature_mix_width = read_width(mix, multiplier, space.channel_divisor);
    space.head_activation = read_activation(mix);
  }
  auto norm = config.section("batch_norm", {"Batch normalisation"});
  space.bn_epsilon = norm.get_or<double>("epsilon", 1e-3, {1e-12, 1.0}, {"Added to variances"});
  space.bn_momentum =
      norm.get_or<double>("momentum", 0.1, {0.0, 1.0}, {"Of the space's identity alone: statistics are calibrated anew, never averaged"});
  space.kernel_transform = config.choice_or("kernel_transform", KernelTransform::learned, kernel_transform_names,
                                            {"How a small kernel comes out of a larger one: through learned matrices, or as its middle"});
  int channels = space.first_block_width;
  auto stages = config.sections("stages", {"Stages of searched blocks, in order"});
  if (stages.size() > max_stages) config.fail("stages", fmt::format("has {} entries; at most {} are read", stages.size(), max_stages));
  for (auto& stage : stages) {
    size = add_stage(space, stage, channels, size, multiplier);
    channels = space.stages.back().width;
  }
  read_bits(space, config.section("bits", {"Bit widths to choose from"}));
  read_forbidden(space, config);
  config.finish();
  space.hash = sha256_of(canonical_text(space));
  return space;
}

bool SearchSpace::is_forbidden(int kernel, Role role, int bit_width) const {
  return std::any_of(forbidden.begin(), forbidden.end(),
                     [&](Forbidden const& f) { return f.role == role && f.bits == bit_width && (f.kernel == 0 || f.kernel == kernel); });
}

std::vector<int> block_input_sizes(SearchSpace const& space, int image_size) {
  std::vector<int> sizes;
  int size = rounded_up(image_size, space.stem_stride);
  for (auto const& block : space.blocks) {
    sizes.push_back(size);
    size = rounded_up(size, block.stride);
  }
  return sizes;
}

int squeezed_channels(int channels, int divisor) { return make_divisible(channels / 4, divisor); }

SearchSpace load_space(std::filesystem::path const& file) { return parse_space_file(read_file(file), file.string()); }

SearchSpace parse_space_file(std::string const& text, std::string const& name) {
  return parse_space(is_net_config(text) ? space_file_of(text, name) : text, name);
}

SearchSpace parse_space(std::string const& yaml_text, std::string const& name) { return read_space(Config::parse(yaml_text, name)); }

}  // namespace apq::space
