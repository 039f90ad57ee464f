#include "common/space/search_space.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/atomic_file.hpp"
#include "common/core/config.hpp"
#include "common/core/error.hpp"
#include "common/core/sha256.hpp"
#include "common/space/net_config.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::space {
namespace {

constexpr Range<int> width_range{1, 65536};
constexpr std::size_t max_choices = 255;  // a gene is one byte, 0 means inactive

/// Checked, ascending choices of one gene.
std::vector<int> choices(Config& config, std::string const& key, std::vector<int> values) {
  if (values.empty()) config.fail(key, "is empty; there must be at least one choice");
  if (values.size() > max_choices)
    config.fail(key,
                fmt::format("gives {} choices; at most {} fit a gene", values.size(), max_choices));
  std::sort(values.begin(), values.end());
  if (auto const twice = std::adjacent_find(values.begin(), values.end()); twice != values.end())
    config.fail(key, fmt::format("lists {} twice", *twice));
  return values;
}

std::vector<int> read_kernels(Config& config) {
  auto const kernels = config.list<int>("kernels", {1, 31});
  for (int k : kernels)
    if (k % 2 == 0) config.fail("kernels", fmt::format("{} is even; kernels must be odd", k));
  return choices(config, "kernels", kernels);
}

/// Middle widths of a block with `in_channels` inputs: ratios of those, a range of channels, or a
/// list.
std::vector<int> read_middle(Config& config, int in_channels, int divisor) {
  if (config.is_list("middle"))
    return choices(config, "middle", config.list<int>("middle", width_range));
  Config middle = config.section("middle");
  if (middle.has("list")) return choices(middle, "list", middle.list<int>("list", width_range));
  if (middle.has("ratios")) {
    std::vector<int> values;
    for (double ratio : middle.list<double>("ratios", {0.01, 64.0}))
      values.push_back(channels_from_ratio(in_channels, ratio, divisor));
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return choices(middle, "ratios", values);
  }
  int low = 0;
  int high = 0;
  std::string low_key = "min";
  if (middle.has("min") || middle.has("max")) {
    low = middle.get<int>("min", width_range);
    high = middle.get<int>("max", width_range);
  } else {
    low_key = "min_ratio";
    low = channels_from_ratio(in_channels, middle.get<double>("min_ratio", {0.01, 64.0}), divisor);
    high = static_cast<int>(
        std::floor(in_channels * middle.get<double>("max_ratio", {0.01, 64.0}) + 1e-9));
  }
  int const step = middle.get<int>("step", width_range);
  if (step % divisor != 0)
    middle.fail("step", fmt::format("must be a multiple of channel_divisor ({})", divisor));
  if (low > high)
    middle.fail(low_key, fmt::format("leaves no width for {} input channels ({} is above {})",
                                     in_channels, low, high));
  std::vector<int> values;
  for (int m = low; m <= high; m += step) values.push_back(m);
  return choices(middle, "step", values);
}

/// The map after a strided layer. With odd kernels and padding kernel / 2 a size that the stride
/// does not divide is rounded up, whatever the kernel (11 -> 6 at 176 pixels).
int strided(int size, int stride) {
  return (size - 1) / stride + 1;
}

/// Blocks of one stage appended to the space; returns the map size after it.
int add_stage(SearchSpace& space, Config& config, int in_channels, int size) {
  Stage stage{};
  stage.width = config.get<int>("width", width_range);
  stage.stride = config.get<int>("stride", {1, 8});
  stage.depths = choices(config, "depths", config.list<int>("depths", {1, 64}));
  stage.first_block = space.num_blocks();
  stage.num_blocks = stage.depths.back();
  int const out_size = strided(size, stage.stride);
  std::vector<Config> each;
  if (config.has("blocks")) {
    each = config.sections("blocks");
    if (static_cast<int>(each.size()) != stage.num_blocks)
      config.fail("blocks", fmt::format("has {} entries; the largest depth is {}", each.size(),
                                        stage.num_blocks));
  }
  for (int position = 0; position < stage.num_blocks; ++position) {
    Config* const own = each.empty() ? nullptr : &each[static_cast<std::size_t>(position)];
    auto source = [&](char const* key) -> Config& {
      return own != nullptr && own->has(key) ? *own : config;
    };
    Block block{};
    block.stage = space.num_stages();
    block.position = position;
    block.in_channels = position == 0 ? in_channels : stage.width;
    block.out_channels = stage.width;
    block.stride = position == 0 ? stage.stride : 1;
    block.in_size = position == 0 ? size : out_size;
    block.kernels = read_kernels(source("kernels"));
    block.middle_channels = read_middle(source("middle"), block.in_channels, space.channel_divisor);
    block.may_have_shortcut = source("shortcut").get_or<bool>("shortcut", true);
    space.blocks.push_back(std::move(block));
  }
  space.stages.push_back(std::move(stage));
  return out_size;
}

void read_bits(SearchSpace& space, Config config) {
  for (std::size_t role = 0; role < num_roles; ++role)
    space.bits[role] =
        choices(config, role_names[role], config.list<int>(role_names[role], {2, 8}));
}

void read_forbidden(SearchSpace& space, Config& config) {
  if (!config.has("forbidden")) return;
  auto const names = std::vector<std::string>(role_names.begin(), role_names.end());
  for (auto& item : config.sections("forbidden")) {
    Forbidden forbidden{};
    forbidden.kernel = item.get_or<int>("kernel", 0, {0, 31});
    if (!item.has("role"))
      item.fail("role", fmt::format("is missing; choose one of: {}", fmt::join(names, ", ")));
    auto const role = item.choice_or("role", names.front(), names);
    forbidden.role = static_cast<Role>(std::find(names.begin(), names.end(), role) - names.begin());
    forbidden.bits = item.get<int>("bits", {2, 8});
    auto const& known = space.bits[static_cast<std::size_t>(forbidden.role)];
    if (std::find(known.begin(), known.end(), forbidden.bits) == known.end())
      item.fail("bits", fmt::format("is not a choice of {} ({})", role, fmt::join(known, ", ")));
    if (forbidden.kernel != 0 &&
        std::none_of(space.blocks.begin(), space.blocks.end(), [&](Block const& block) {
          return std::count(block.kernels.begin(), block.kernels.end(), forbidden.kernel) > 0;
        }))
      item.fail("kernel", "is not a kernel of any stage");
    space.forbidden.push_back(forbidden);
    for (auto const& block : space.blocks)
      for (int kernel : block.kernels)
        if (std::all_of(known.begin(), known.end(),
                        [&](int bits) { return space.is_forbidden(kernel, forbidden.role, bits); }))
          item.fail("bits", fmt::format("leaves kernel {} without any choice of {}", kernel, role));
  }
}

/// Everything that defines the space but its name, in a fixed order. Changing this text changes
/// every hash: don't.
std::string canonical_text(SearchSpace const& s) {
  auto text = fmt::format(
      "apq space 1; image {} {} {}; stem {} {} {}; first {} {}; mix {}; divisor {}; bn {:.17g} "
      "{:.17g}\n",
      s.image_channels, s.image_size, s.num_classes, s.stem_width, s.stem_kernel, s.stem_stride,
      s.first_block_width, s.first_block_kernel, s.feature_mix_width, s.channel_divisor,
      s.bn_epsilon, s.bn_momentum);
  for (auto const& stage : s.stages)
    text +=
        fmt::format("stage {} {} {}\n", stage.width, stage.stride, fmt::join(stage.depths, ","));
  for (auto const& block : s.blocks)
    text += fmt::format("block {} {} {} {}\n", block.stage, block.position,
                        fmt::join(block.kernels, ","), fmt::join(block.middle_channels, ","));
  for (std::size_t role = 0; role < num_roles; ++role)
    text += fmt::format("{} {}\n", role_names[role], fmt::join(s.bits[role], ","));
  // What came later is written only where it differs from what was there before.
  if (s.kernel_transform == KernelTransform::crop) text += "kernel transform crop\n";
  for (std::size_t b = 0; b < s.blocks.size(); ++b)
    if (!s.blocks[b].may_have_shortcut && s.blocks[b].stride == 1 &&
        s.blocks[b].in_channels == s.blocks[b].out_channels)
      text += fmt::format("no shortcut {}\n", b);
  std::vector<std::string> forbidden;
  for (auto const& f : s.forbidden)
    forbidden.push_back(fmt::format("forbidden {} {} {}\n", f.kernel,
                                    role_names[static_cast<std::size_t>(f.role)], f.bits));
  std::sort(forbidden.begin(), forbidden.end());
  return text + fmt::format("{}", fmt::join(forbidden, ""));
}

SearchSpace read_space(Config config) {
  SearchSpace space{};
  space.name = config.get_or<std::string>("name", "unnamed");
  auto image = config.section("image");
  space.image_channels = image.get<int>("channels", {1, 1024});
  space.image_size = image.get<int>("size", {1, 8192});
  space.num_classes = image.get<int>("classes", {2, 1'000'000});
  auto stem = config.section("stem");
  space.stem_width = stem.get<int>("width", width_range);
  space.stem_kernel = stem.get<int>("kernel", {1, 31});
  if (space.stem_kernel % 2 == 0) stem.fail("kernel", "must be odd");
  space.stem_stride = stem.get<int>("stride", {1, 8});
  int size = strided(space.image_size, space.stem_stride);
  auto first = config.section("first_block");
  space.first_block_width = first.get<int>("width", width_range);
  space.first_block_kernel = first.get<int>("kernel", {1, 31});
  if (space.first_block_kernel % 2 == 0) first.fail("kernel", "must be odd");
  if (config.has("feature_mix") && !config.is_section("feature_mix"))
    config.choice_or("feature_mix", "none", {"none"});
  else
    space.feature_mix_width = config.section("feature_mix").get<int>("width", width_range);
  auto norm = config.section("batch_norm");
  space.bn_epsilon = norm.get_or<double>("epsilon", 1e-3, {1e-12, 1.0});
  space.bn_momentum = norm.get_or<double>("momentum", 0.1, {0.0, 1.0});
  space.channel_divisor = config.get_or<int>("channel_divisor", 8, {1, 1024});
  bool const is_crop =
      config.choice_or("kernel_transform", "learned", {"learned", "crop"}) == "crop";
  space.kernel_transform = is_crop ? KernelTransform::crop : KernelTransform::learned;
  int channels = space.first_block_width;
  for (auto& stage : config.sections("stages")) {
    size = add_stage(space, stage, channels, size);
    channels = space.stages.back().width;
  }
  read_bits(space, config.section("bits"));
  read_forbidden(space, config);
  config.finish();
  space.hash = sha256_of(canonical_text(space));
  return space;
}

}  // namespace

bool SearchSpace::is_forbidden(int kernel, Role role, int bit_width) const {
  return std::any_of(forbidden.begin(), forbidden.end(), [&](Forbidden const& f) {
    return f.role == role && f.bits == bit_width && (f.kernel == 0 || f.kernel == kernel);
  });
}

SearchSpace load_space(std::filesystem::path const& file) {
  auto const text = read_file(file);
  if (is_net_config(text)) return parse_space(space_file_of(text, file.string()), file.string());
  return read_space(Config::load(file));
}

SearchSpace parse_space(std::string const& yaml_text, std::string const& name) {
  return read_space(Config::parse(yaml_text, name));
}

}  // namespace apq::space
