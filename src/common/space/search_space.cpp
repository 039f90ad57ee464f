#include "common/space/search_space.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/core/config.hpp"
#include "common/core/error.hpp"
#include "common/core/sha256.hpp"

namespace apq::space {
namespace {

constexpr std::size_t most_choices = 255;  // a gene is one byte, 0 means inactive

void require_ascending(Config const& section, std::string const& key, std::vector<int> const& values) {
  if (values.empty()) section.fail(key, "is empty; there must be at least one choice");
  if (values.size() > most_choices) section.fail(key, fmt::format("has {} choices; at most {}", values.size(), most_choices));
  for (std::size_t i = 1; i < values.size(); ++i)
    if (values[i] <= values[i - 1]) section.fail(key, "must be ascending, without repeats");
}

std::vector<int> read_kernels(Config& section, std::string const& key) {
  auto const kernels = section.list<int>(key, {1, 15});
  require_ascending(section, key, kernels);
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    if (kernels[i] % 2 == 0) section.fail(key, fmt::format("has the even kernel {}; only odd ones keep the map's size", kernels[i]));
    if (i > 0 && kernels[i] - kernels[i - 1] != 2) section.fail(key, "must go in steps of 2, e.g. [3, 5, 7]: each kernel is made from the next larger one");
  }
  return kernels;
}

// `middle`: {min_ratio, max_ratio, step} of the block's input channels, {min, max, step} in channels, or {list: [...]}.
class MiddleChannels {
 public:
  explicit MiddleChannels(Config section) : section_(section) {
    if (section_.has("list")) {
      list_ = section_.list<int>("list", {1, 1 << 16});
      require_ascending(section_, "list", list_);
      return;
    }
    step_ = section_.get<int>("step", {1, 1 << 12});
    if (section_.has("min")) {
      low_ = section_.get<int>("min", {1, 1 << 16});
      high_ = section_.get<int>("max", {1, 1 << 16});
    } else {
      is_ratio_ = true;
      low_ = section_.get<int>("min_ratio", {1, 64});
      high_ = section_.get<int>("max_ratio", {1, 64});
    }
    if (high_ < low_) section_.fail(is_ratio_ ? "max_ratio" : "max", fmt::format("is below the minimum {}", low_));
  }

  std::vector<int> of(int in_channels) const {
    if (!list_.empty()) return list_;
    int const scale = is_ratio_ ? in_channels : 1;
    std::vector<int> values;
    for (int m = low_ * scale; m <= high_ * scale; m += step_) values.push_back(m);
    if (values.size() > most_choices)
      section_.fail("step", fmt::format("gives {} widths for {} input channels; at most {}", values.size(), in_channels, most_choices));
    return values;
  }

 private:
  Config section_;
  std::vector<int> list_;
  int low_ = 0, high_ = 0, step_ = 1;
  bool is_ratio_ = false;
};

int strided(int size, int stride, Config const& section, std::string const& what) {
  if (size % stride != 0)
    section.fail("stride", fmt::format("does not divide the {}x{} map that {} sees; choose an image size or strides that fit", size, size, what));
  return size / stride;
}

std::string canonical_text(SearchSpace const& s) {
  auto text = fmt::format("apq space 1; image {} {} {}; stem {} {} {}; first {} {}; mix {}; divisor {}; bn {:.17g} {:.17g}\n",
                          s.image_channels, s.image_size, s.num_classes, s.stem_width, s.stem_kernel, s.stem_stride,
                          s.first_block_width, s.first_block_kernel, s.feature_mix_width, s.channel_divisor, s.bn_epsilon, s.bn_momentum);
  for (auto const& stage : s.stages) text += fmt::format("stage {} {} {}\n", stage.width, stage.stride, fmt::join(stage.depths, ","));
  for (auto const& block : s.blocks)
    text += fmt::format("block {} {} {} {}\n", block.stage, block.position, fmt::join(block.kernels, ","), fmt::join(block.middle_channels, ","));
  for (int r = 0; r < num_roles; ++r) text += fmt::format("{} {}\n", role_names[static_cast<std::size_t>(r)], fmt::join(s.bits[static_cast<std::size_t>(r)], ","));
  for (auto const& f : s.forbidden) text += fmt::format("forbidden {} {} {}\n", f.kernel, role_names[static_cast<std::size_t>(f.role)], f.bits);
  return text;
}

SearchSpace read(Config config) {
  SearchSpace s;
  s.name = config.get<std::string>("name");
  auto image = config.section("image");
  s.image_channels = image.get<int>("channels", {1, 4096});
  s.image_size = image.get<int>("size", {1, 8192});
  s.num_classes = image.get<int>("classes", {2, 1 << 20});
  auto stem = config.section("stem");
  s.stem_width = stem.get<int>("width", {1, 1 << 16});
  s.stem_kernel = read_kernels(stem, "kernel").front();
  s.stem_stride = stem.get<int>("stride", {1, 8});
  auto first = config.section("first_block");
  s.first_block_width = first.get<int>("width", {1, 1 << 16});
  s.first_block_kernel = read_kernels(first, "kernel").front();
  s.feature_mix_width = config.section("feature_mix").get<int>("width", {1, 1 << 16});
  auto norm = config.section("batch_norm");
  s.bn_epsilon = norm.get_or<double>("epsilon", 1e-3, {1e-12, 1.0});
  s.bn_momentum = norm.get_or<double>("momentum", 0.1, {0.0, 1.0});
  s.channel_divisor = config.get_or<int>("channel_divisor", 8, {1, 1024});

  int size = strided(s.image_size, s.stem_stride, stem, "the stem");
  int in_channels = s.first_block_width;
  for (auto& section : config.sections("stages")) {
    Stage stage;
    stage.width = section.get<int>("width", {1, 1 << 16});
    stage.stride = section.get<int>("stride", {1, 8});
    stage.depths = section.list<int>("depths", {1, 64});
    require_ascending(section, "depths", stage.depths);
    stage.first_block = s.num_blocks();
    stage.num_blocks = stage.depths.back();
    auto const kernels = read_kernels(section, "kernels");
    MiddleChannels const middle(section.section("middle"));
    for (int position = 0; position < stage.num_blocks; ++position) {
      int const stride = position == 0 ? stage.stride : 1;
      s.blocks.push_back({.stage = s.num_stages(), .position = position, .in_channels = in_channels, .out_channels = stage.width,
                          .stride = stride, .in_size = size, .kernels = kernels, .middle_channels = middle.of(in_channels)});
      size = strided(size, stride, section, fmt::format("stage {}", s.num_stages() + 1));
      in_channels = stage.width;
    }
    s.stages.push_back(stage);
  }
  auto bits = config.section("bits");
  for (int r = 0; r < num_roles; ++r) {
    auto& choices = s.bits[static_cast<std::size_t>(r)];
    choices = bits.list<int>(role_names[static_cast<std::size_t>(r)], {2, 8});
    require_ascending(bits, role_names[static_cast<std::size_t>(r)], choices);
  }
  if (config.has("forbidden"))
    for (auto& section : config.sections("forbidden")) {
      auto const role = section.choice_or("role", "", {role_names.begin(), role_names.end()});
      auto const index = std::find(role_names.begin(), role_names.end(), role) - role_names.begin();
      s.forbidden.push_back({.kernel = section.get_or<int>("kernel", 0, {0, 15}), .role = static_cast<Role>(index),
                             .bits = section.get<int>("bits", {2, 8})});
    }
  config.finish();
  for (auto const& block : s.blocks)
    for (int kernel : block.kernels)
      for (int r = 0; r < num_roles; ++r) {
        auto const& choices = s.bits[static_cast<std::size_t>(r)];
        if (std::all_of(choices.begin(), choices.end(), [&](int b) { return s.is_forbidden(kernel, static_cast<Role>(r), b); }))
          config.fail("forbidden", fmt::format("leaves kernel {} without any choice for {}", kernel, role_names[static_cast<std::size_t>(r)]));
      }
  s.hash = sha256_of(canonical_text(s));
  return s;
}

}  // namespace

bool SearchSpace::is_forbidden(int kernel, Role role, int bit_width) const {
  return std::any_of(forbidden.begin(), forbidden.end(), [&](Forbidden const& f) {
    return (f.kernel == 0 || f.kernel == kernel) && f.role == role && f.bits == bit_width;
  });
}

SearchSpace load_space(std::filesystem::path const& file) { return read(Config::load(file)); }
SearchSpace parse_space(std::string const& yaml_text, std::string const& name) { return read(Config::parse(yaml_text, name)); }

SpaceSize count(SearchSpace const& space) {
  SpaceSize size{1, 1};
  for (auto const& stage : space.stages) {
    double architectures = 0;
    double joint = 0;
    for (int depth : stage.depths) {
      double a = 1;
      double j = 1;
      for (int p = 0; p < depth; ++p) {
        auto const& block = space.blocks[static_cast<std::size_t>(stage.first_block + p)];
        auto const widths = static_cast<double>(block.middle_channels.size());
        a *= widths * static_cast<double>(block.kernels.size());
        double with_bits = 0;
        for (int kernel : block.kernels) {
          double policies = 1;
          for (int r = 0; r < num_roles; ++r) {
            auto const& choices = space.bits[static_cast<std::size_t>(r)];
            policies *= static_cast<double>(std::count_if(choices.begin(), choices.end(), [&](int b) {
              return !space.is_forbidden(kernel, static_cast<Role>(r), b);
            }));
          }
          with_bits += policies;
        }
        j *= widths * with_bits;
      }
      architectures += a;
      joint += j;
    }
    size.architectures *= architectures;
    size.joint *= joint;
  }
  return size;
}

}  // namespace apq::space
