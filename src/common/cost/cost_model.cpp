#include "common/cost/cost_model.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"
#include "common/cost/bitfusion.hpp"
#include "common/cost/lookup_table.hpp"

namespace apq::cost {
namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr LayerBits fixed_bits{8, 8};  // stem, first block, feature mix, classifier (spec A3)
constexpr LayerBits full_precision{32, 32};

struct MetricName {
  Metric metric;
  char const* name;
  double Cost::*field;
};
constexpr MetricName metrics[] = {
    {Metric::latency_ms, "latency_ms", &Cost::latency_ms},
    {Metric::energy_mj, "energy_mj", &Cost::energy_mj},
    {Metric::bitops, "bitops", &Cost::bitops},
    {Metric::size_bytes, "size_bytes", &Cost::size_bytes},
    {Metric::macs, "macs", &Cost::macs},
    {Metric::params, "params", &Cost::params},
};

MetricName const& entry_of(Metric metric) {
  return *std::find_if(std::begin(metrics), std::end(metrics),
                       [&](MetricName const& m) { return m.metric == metric; });
}

/// All but latency and energy. @param num_offsets  values per layer besides the weights, 32 bit
/// each: batch norm's scale and shift per channel, or the classifier's bias.
Cost size_of(LayerShape const& shape, LayerBits bits, double num_offsets) {
  Cost cost;
  cost.macs = shape.macs();
  cost.params = shape.num_weights() + num_offsets;
  cost.bitops = cost.macs * bits.weight * bits.activation;
  cost.size_bytes = (shape.num_weights() * bits.weight + num_offsets * 32.0) / 8.0;
  return cost;
}

Cost convolution(LayerShape const& shape, LayerBits bits) {
  return size_of(shape, bits, 2.0 * shape.out_channels);
}

/// The layers outside the searched blocks. The feature mix means nothing in a space without one.
struct FixedLayers {
  LayerShape stem, first_depthwise, first_project, feature_mix, classifier;
  explicit FixedLayers(space::SearchSpace const& s) {
    stem = {s.image_channels, s.stem_width, s.image_size, s.stem_kernel, s.stem_stride, 1, true};
    int const size = stem.out_size();
    int const last = s.blocks.back().out_size();
    first_depthwise = {s.stem_width, s.stem_width, size, s.first_block_kernel, 1, s.stem_width};
    first_project = {s.stem_width, s.first_block_width, size, 1, 1, 1};
    feature_mix = {s.blocks.back().out_channels, s.feature_mix_width, last, 1, 1, 1};
    classifier = {s.feature_width(), s.num_classes, 1, 1, 1, 1};
  }
};

struct BlockLayers {
  LayerShape expand, depthwise, project;
  BlockLayers(space::Block const& b, int kernel, int middle) {
    expand = {b.in_channels, middle, b.in_size, 1, 1, 1};
    depthwise = {middle, middle, b.in_size, kernel, b.stride, middle};
    project = {middle, b.out_channels, b.out_size(), 1, 1, 1};
  }
};

/// Latency and energy of a layer, from the table where there is one.
class Accelerator {
 public:
  explicit Accelerator(CostConfig const& config)
      : model_(config.hardware.empty() ? Hardware{} : load_hardware(config.hardware)) {
    if (!config.table.empty()) table_.emplace(config.table);
  }
  void add_modelled(Cost& cost, LayerShape const& shape, LayerBits bits) {
    auto const run = model_.run(shape, bits);
    cost.latency_ms += latency_ms(run, model_.hardware());
    cost.energy_mj += energy_nj(run, model_.hardware()) * 1e-6;
  }
  /// @param key  of the table, where the layer has a name of its own ("head", "tail").
  void add(Cost& cost, LayerShape const& shape, LayerBits bits, std::string const& key = {}) {
    if (!table_) return add_modelled(cost, shape, bits);
    auto const entry = table_->at(key.empty() ? key_of(shape, bits) : key);
    cost.latency_ms += entry.latency_ms;
    cost.energy_mj += entry.energy_mj;
  }
  bool has_table() const { return table_.has_value(); }
  std::string describe(Basis basis) const {
    auto const model = fmt::format("analytic model of {}", model_.hardware().name);
    auto const source = table_ ? fmt::format("table {}", table_->name()) : model;
    if (basis == Basis::paper)
      return fmt::format(
          "{}; basis paper: latency and energy of stem, searched blocks and feature mix", source);
    return fmt::format(
        "{}; basis complete: latency and energy of all layers{}", source,
        table_ ? fmt::format(" (first block and classifier from the {})", model) : "");
  }

 private:
  BitFusion model_;
  std::optional<LookupTable> table_;
};

std::size_t index_in(std::vector<int> const& choices, int value, int block, char const* what) {
  auto const found = std::lower_bound(choices.begin(), choices.end(), value);
  if (found == choices.end() || *found != value)
    throw Error(Errc::data, fmt::format("cost of block {}: {} {} is not in the space; allowed: {}",
                                        block, what, value, fmt::join(choices, ", ")));
  return static_cast<std::size_t>(found - choices.begin());
}

}  // namespace

Cost& Cost::operator+=(Cost const& other) {
  for (auto const& m : metrics) this->*m.field += other.*m.field;
  return *this;
}

Cost& Cost::operator-=(Cost const& other) {
  for (auto const& m : metrics) this->*m.field -= other.*m.field;
  return *this;
}

Metric metric_from_name(std::string const& name) {
  for (auto const& m : metrics)
    if (name == m.name) return m.metric;
  std::vector<std::string> names;
  for (auto const& m : metrics) names.emplace_back(m.name);
  throw Error(Errc::config,
              fmt::format("{}: is not a cost; choose one of: {}", name, fmt::join(names, ", ")));
}

char const* name_of(Metric metric) {
  return entry_of(metric).name;
}
double value_of(Cost const& cost, Metric metric) {
  return cost.*entry_of(metric).field;
}

CostConfig read_cost_config(Config section) {
  CostConfig config;
  config.basis = section.choice_or("basis", "paper", {"paper", "complete"}) == "paper"
                     ? Basis::paper
                     : Basis::complete;
  config.table = section.path_or("table", "");
  config.hardware = section.path_or("hardware", "");
  return config;
}

/// Costs of all choices. A block's 1x1 layers depend on (middle, pw_w, pw_a), its depthwise layer
/// on (kernel, middle, dw_w, dw_a).
struct CostModel::Tables {
  struct OfBlock {
    std::vector<Cost> pointwise;        // [middle][pw_w][pw_a]
    std::vector<Cost> depthwise;        // [kernel][middle][dw_w][dw_a]
    std::vector<Cost> pointwise_float;  // [middle]
    std::vector<Cost> depthwise_float;  // [kernel][middle]
  };
  space::SearchSpace space;
  std::vector<OfBlock> blocks;
  Cost fixed_quantised, fixed_float;

  std::size_t num_bits(space::Role role) const {
    return space.bits[static_cast<std::size_t>(role)].size();
  }

  /// `bits`: indices by role, nullptr for full precision.
  Cost block(int index, std::size_t kernel, std::size_t middle, std::size_t const* bits) const {
    using space::Role;
    auto const& of_block = blocks[static_cast<std::size_t>(index)];
    auto const layer =
        kernel * space.blocks[static_cast<std::size_t>(index)].middle_channels.size() + middle;
    Cost cost;
    if (bits == nullptr) {
      cost = of_block.pointwise_float[middle];
      cost += of_block.depthwise_float[layer];
    } else {
      cost = of_block.pointwise[(middle * num_bits(Role::pw_w) + bits[0]) * num_bits(Role::pw_a) +
                                bits[1]];
      cost +=
          of_block
              .depthwise[(layer * num_bits(Role::dw_w) + bits[2]) * num_bits(Role::dw_a) + bits[3]];
    }
    return cost;
  }
};

CostModel::CostModel(space::SearchSpace const& space, CostConfig const& config) {
  using space::Role;
  auto tables = std::make_shared<Tables>();
  tables->space = space;
  Accelerator accelerator(config);
  description_ = accelerator.describe(config.basis);

  FixedLayers const layers(space);
  auto add_fixed = [&](Cost& total, LayerBits bits) {
    for (auto const& shape : {layers.stem, layers.first_depthwise, layers.first_project})
      total += convolution(shape, bits);
    if (space.has_feature_mix()) total += convolution(layers.feature_mix, bits);
    total += size_of(layers.classifier, bits, layers.classifier.out_channels);
  };
  add_fixed(tables->fixed_quantised, fixed_bits);
  add_fixed(tables->fixed_float, full_precision);
  tables->fixed_float.latency_ms = tables->fixed_float.energy_mj = no_number;
  accelerator.add(tables->fixed_quantised, layers.stem, fixed_bits, "head");
  if (space.has_feature_mix())
    accelerator.add(tables->fixed_quantised, layers.feature_mix, fixed_bits, "tail");
  if (config.basis == Basis::complete)
    for (auto const& shape : {layers.first_depthwise, layers.first_project, layers.classifier})
      accelerator.add_modelled(tables->fixed_quantised, shape, fixed_bits);

  auto bits_of = [&](Role role) -> std::vector<int> const& {
    return space.bits[static_cast<std::size_t>(role)];
  };
  auto without_hardware = [](Cost cost) {
    cost.latency_ms = cost.energy_mj = no_number;
    return cost;
  };
  for (auto const& block : space.blocks) {
    Tables::OfBlock of_block;
    for (int middle : block.middle_channels) {
      BlockLayers const shapes(block, block.kernels.front(), middle);
      auto pair = [&](LayerBits bits) {
        Cost cost = convolution(shapes.expand, bits);
        return cost += convolution(shapes.project, bits);
      };
      of_block.pointwise_float.push_back(without_hardware(pair(full_precision)));
      for (int w : bits_of(Role::pw_w))
        for (int a : bits_of(Role::pw_a)) {
          Cost cost = pair({w, a});
          accelerator.add(cost, shapes.expand, {w, a});
          accelerator.add(cost, shapes.project, {w, a});
          of_block.pointwise.push_back(cost);
        }
    }
    for (int kernel : block.kernels)
      for (int middle : block.middle_channels) {
        auto const shape = BlockLayers(block, kernel, middle).depthwise;
        of_block.depthwise_float.push_back(without_hardware(convolution(shape, full_precision)));
        for (int w : bits_of(Role::dw_w))
          for (int a : bits_of(Role::dw_a)) {
            Cost cost = convolution(shape, {w, a});
            // A table need not have what no subnet may have.
            if (accelerator.has_table() && (space.is_forbidden(kernel, Role::dw_w, w) ||
                                            space.is_forbidden(kernel, Role::dw_a, a)))
              cost = without_hardware(cost);
            else
              accelerator.add(cost, shape, {w, a});
            of_block.depthwise.push_back(cost);
          }
      }
    tables->blocks.push_back(std::move(of_block));
  }
  tables_ = std::move(tables);
}

Cost CostModel::fixed(bool quantised) const {
  return quantised ? tables_->fixed_quantised : tables_->fixed_float;
}

Cost CostModel::block(int block, int kernel, int middle,
                      std::optional<std::array<int, space::num_roles>> const& bits) const {
  auto const& b = tables_->space.blocks.at(static_cast<std::size_t>(block));
  auto const k = index_in(b.kernels, kernel, block, "kernel");
  auto const m = index_in(b.middle_channels, middle, block, "middle width");
  if (!bits) return tables_->block(block, k, m, nullptr);
  std::array<std::size_t, space::num_roles> indices{};
  for (std::size_t role = 0; role < space::num_roles; ++role)
    indices[role] =
        index_in(tables_->space.bits[role], (*bits)[role], block, space::role_names[role]);
  return tables_->block(block, k, m, indices.data());
}

Cost CostModel::operator()(std::span<std::uint8_t const> genes) const {
  auto const& space = tables_->space;
  space::GeneLayout const layout(space);
  bool const quantised = genes.size() == static_cast<std::size_t>(space.num_genes());
  if (!quantised && genes.size() != static_cast<std::size_t>(space.num_architecture_genes()))
    throw Error(Errc::data,
                fmt::format("cost: {} genes; the space has {} or, with bit widths, {}",
                            genes.size(), space.num_architecture_genes(), space.num_genes()));
  auto choice = [&](int position) {
    return static_cast<std::size_t>(genes[static_cast<std::size_t>(position)] - 1);
  };
  Cost total = fixed(quantised);
  for (int b = 0; b < space.num_blocks(); ++b) {
    if (genes[static_cast<std::size_t>(layout.kernel(b))] == 0) continue;
    std::array<std::size_t, space::num_roles> bits{};
    if (quantised)
      for (int role = 0; role < space::num_roles; ++role)
        bits[static_cast<std::size_t>(role)] =
            choice(layout.bits(static_cast<space::Role>(role), b));
    total += tables_->block(b, choice(layout.kernel(b)), choice(layout.middle(b)),
                            quantised ? bits.data() : nullptr);
  }
  return total;
}

}  // namespace apq::cost
