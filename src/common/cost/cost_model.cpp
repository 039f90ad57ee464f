#include "common/cost/cost_model.hpp"

#include <algorithm>
#include <limits>
#include <mutex>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"
#include "common/cost/back_ends.hpp"

namespace apq::cost {
namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr LayerBits fixed_bits{8, 8};  // stem, first block, feature mix, classifier (spec A3)
constexpr LayerBits full_precision{32, 32};

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

Cost convolution(LayerShape const& shape, LayerBits bits) { return size_of(shape, bits, 2.0 * shape.out_channels); }

/// The layers outside the searched blocks. The feature mix means nothing in a space without one.
struct FixedLayers {
  LayerShape stem, first_depthwise, first_project, feature_mix, classifier;
  std::optional<LayerShape> final_expand;
  /// @param sizes  of the blocks' inputs, see block_input_sizes().
  FixedLayers(space::SearchSpace const& s, int image_size, std::vector<int> const& sizes) {
    int const size = sizes.front();
    int const stride = s.blocks.back().stride;
    int const last = (sizes.back() + stride - 1) / stride;
    stem = {s.image_channels, s.stem_width, image_size, s.stem_kernel, s.stem_stride, 1, true};
    first_depthwise = {s.stem_width, s.stem_width, size, s.first_block_kernel, 1, s.stem_width};
    first_project = {s.stem_width, s.first_block_width, size, 1, 1, 1};
    feature_mix = {s.blocks.back().out_channels, s.feature_mix_width, last, 1, 1, 1};
    if (s.final_expand_width > 0) {
      final_expand = {s.blocks.back().out_channels, s.final_expand_width, last, 1, 1, 1};
      feature_mix = {s.final_expand_width, s.feature_mix_width, 1, 1, 1, 1};  // after the pooling
    }
    classifier = {s.feature_width(), s.num_classes, 1, 1, 1, 1};
  }
};

struct BlockLayers {
  LayerShape expand, depthwise, project;
  BlockLayers(space::Block const& b, int in_size, int kernel, int middle) {
    expand = {b.in_channels, middle, in_size, 1, 1, 1};
    depthwise = {middle, middle, in_size, kernel, b.stride, middle};
    project = {middle, b.out_channels, depthwise.out_size(), 1, 1, 1};
  }
};

/// The two fully connected layers of a squeeze-excite unit. Quantised networks keep them at 8 bit,
/// as their other layers outside the searched convolutions.
struct SqueezeExcite {
  LayerShape reduce, expand;
  SqueezeExcite(int channels, int divisor) {
    int const squeezed = space::squeezed_channels(channels, divisor);
    reduce = {channels, squeezed, 1, 1, 1, 1};
    expand = {squeezed, channels, 1, 1, 1, 1};
  }
  Cost size(LayerBits bits) const {
    Cost cost = size_of(reduce, bits, reduce.out_channels);
    return cost += size_of(expand, bits, expand.out_channels);
  }
};

/// Adds latency and energy of layers: those of the first back end that answers.
class HardwareCosts {
 public:
  explicit HardwareCosts(std::vector<std::unique_ptr<BackEnd>> back_ends) : back_ends_(std::move(back_ends)) {}

  void add(Cost& cost, Layer const& layer) {
    for (auto const& back_end : back_ends_)
      if (auto const answer = back_end->cost_of(layer)) {
        cost.latency_ms += answer->latency_ms;
        cost.energy_mj += answer->energy_mj;
        return;
      }
    throw Error(Errc::internal, fmt::format("no back end answers for layer {}", key_of(layer.shape, layer.bits)));
  }

  std::string describe(Basis basis, bool squeeze_excite) const {
    auto const& source = *back_ends_.front();
    bool const has_second = back_ends_.size() > 1;  // answers for the layers that a table does not list
    auto const second = back_ends_.back()->name();
    auto text = source.name();
    if (basis == Basis::paper) text += "; basis paper: latency and energy of stem, searched blocks and feature mix";
    else
      text += "; basis complete: latency and energy of all layers" +
              (has_second ? fmt::format(" (first block and classifier from the {})", second) : "");
    if (has_second && squeeze_excite) text += fmt::format("; squeeze-excite from the {}", second);
    return text;
  }
  std::string identity(Basis basis) const {
    std::string text = basis == Basis::paper ? "basis paper" : "basis complete";
    for (auto const& back_end : back_ends_) text += "; " + back_end->identity();
    return text;
  }

 private:
  std::vector<std::unique_ptr<BackEnd>> back_ends_;
};

std::size_t index_in(std::vector<int> const& choices, int value, int block, char const* what) {
  auto const found = std::lower_bound(choices.begin(), choices.end(), value);
  if (found == choices.end() || *found != value)
    throw Error(Errc::data,
                fmt::format("cost of block {}: {} {} is not in the space; allowed: {}", block, what, value, fmt::join(choices, ", ")));
  return static_cast<std::size_t>(found - choices.begin());
}

}  // namespace

struct CostModel::Tables {
  explicit Tables(space::SearchSpace the_space, CostConfig const& config)
      : space(std::move(the_space)),
        hardware(make_back_ends({config.table, config.hardware}, space.num_size_genes() == 0)),
        of_size(space.image_sizes.size()),
        once(space.image_sizes.size()) {}

  space::SearchSpace space;
  HardwareCosts mutable hardware;  ///< remembers layers that sizes share
  std::vector<std::optional<SizeCosts>> mutable of_size;
  std::vector<std::once_flag> mutable once;
  std::mutex mutable building;
  Basis basis = Basis::paper;

  /// Made when a size is first asked for: few of the 25 of OFA's space ever are.
  SizeCosts const& at_size(std::size_t size) const {
    std::call_once(once[size], [&] {
      std::lock_guard const lock(building);
      of_size[size].emplace(build(space.image_sizes[size]));
    });
    return *of_size[size];
  }
  SizeCosts build(int image_size) const;
};

SizeCosts CostModel::Tables::build(int image_size) const {
  using space::Role;
  Cost fixed_quantised, fixed_float;
  std::vector<SizeCosts::OfBlock> blocks;
  auto const sizes = space::block_input_sizes(space, image_size);
  FixedLayers const layers(space, image_size, sizes);
  auto add_fixed = [&](Cost& total, LayerBits bits) {
    for (auto const& shape : {layers.stem, layers.first_depthwise, layers.first_project}) total += convolution(shape, bits);
    if (layers.final_expand) {
      total += convolution(*layers.final_expand, bits);
      total += size_of(layers.feature_mix, bits, 0);
    } else if (space.has_feature_mix()) {
      total += convolution(layers.feature_mix, bits);
    }
    total += size_of(layers.classifier, bits, layers.classifier.out_channels);
  };
  add_fixed(fixed_quantised, fixed_bits);
  add_fixed(fixed_float, full_precision);
  fixed_float = with_basis_metrics(fixed_float, no_number);
  auto const& mix = layers.feature_mix;
  hardware.add(fixed_quantised, {layers.stem, fixed_bits, LayerUse::stem});
  if (layers.final_expand) hardware.add(fixed_quantised, {*layers.final_expand, fixed_bits});
  if (space.has_feature_mix())
    hardware.add(fixed_quantised, {mix, fixed_bits, layers.final_expand ? LayerUse::block : LayerUse::feature_mix});
  if (basis == Basis::complete)
    for (auto const& shape : {layers.first_depthwise, layers.first_project, layers.classifier})
      hardware.add(fixed_quantised, {shape, fixed_bits, LayerUse::unlisted});

  auto bits_of = [&](Role role) -> std::vector<int> const& { return space.bits[static_cast<std::size_t>(role)]; };
  auto without_hardware = [](Cost const& cost) { return with_basis_metrics(cost, no_number); };
  for (std::size_t b = 0; b < space.blocks.size(); ++b) {
    auto const& block = space.blocks[b];
    bool const squeeze_excite = space.stages[static_cast<std::size_t>(block.stage)].squeeze_excite;
    SizeCosts::OfBlock of_block;
    for (int middle : block.middle_channels) {
      BlockLayers const shapes(block, sizes[b], block.kernels.front(), middle);
      SqueezeExcite const excite(middle, space.channel_divisor);
      auto pair = [&](LayerBits bits) {
        Cost cost = convolution(shapes.expand, bits);
        cost += convolution(shapes.project, bits);
        if (squeeze_excite) cost += excite.size(bits == full_precision ? bits : fixed_bits);
        return cost;
      };
      of_block.pointwise_float.push_back(without_hardware(pair(full_precision)));
      for (int w : bits_of(Role::pw_w))
        for (int a : bits_of(Role::pw_a)) {
          Cost cost = pair({w, a});
          for (auto const& shape : {shapes.expand, shapes.project}) hardware.add(cost, {shape, {w, a}});
          if (squeeze_excite)
            for (auto const& shape : {excite.reduce, excite.expand}) hardware.add(cost, {shape, fixed_bits, LayerUse::unlisted});
          of_block.pointwise.push_back(cost);
        }
    }
    for (int kernel : block.kernels)
      for (int middle : block.middle_channels) {
        auto const shape = BlockLayers(block, sizes[b], kernel, middle).depthwise;
        of_block.depthwise_float.push_back(without_hardware(convolution(shape, full_precision)));
        for (int w : bits_of(Role::dw_w))
          for (int a : bits_of(Role::dw_a)) {
            Cost cost = convolution(shape, {w, a});
            bool const is_forbidden = space.is_forbidden(kernel, Role::dw_w, w) || space.is_forbidden(kernel, Role::dw_a, a);
            hardware.add(cost, {shape, {w, a}, LayerUse::block, is_forbidden});
            of_block.depthwise.push_back(cost);
          }
      }
    blocks.push_back(std::move(of_block));
  }
  return {space, fixed_quantised, fixed_float, std::move(blocks)};
}

CostModel::CostModel(space::SearchSpace const& space, CostConfig const& config) {
  auto tables = std::make_shared<Tables>(space, config);
  tables->basis = config.basis;
  auto const& stages = space.stages;
  bool const squeeze_excite = std::any_of(stages.begin(), stages.end(), [](space::Stage const& stage) { return stage.squeeze_excite; });
  description_ = tables->hardware.describe(config.basis, squeeze_excite);
  identity_ = tables->hardware.identity(config.basis);
  // A table may lack a layer at any size; a model answers for all.
  auto const largest = space.image_sizes.size() - 1;
  for (auto size = config.table.empty() ? largest : 0; size <= largest; ++size) tables->at_size(size);
  tables_ = std::move(tables);
}

Cost CostModel::fixed(bool quantised) const { return tables_->at_size(tables_->space.image_sizes.size() - 1).fixed(quantised); }

SizeCosts const& CostModel::at_size(std::size_t size) const { return tables_->at_size(size); }

namespace {

/// Genes of one block in an otherwise empty row, forbidden combinations and all.
void set_block(space::SearchSpace const& space, int block, int kernel, int middle,
               std::optional<std::array<int, space::num_roles>> const& bits, space::Genes& genes) {
  space::GeneLayout const layout(space);
  auto const& b = space.blocks.at(static_cast<std::size_t>(block));
  auto const set = [&](int position, std::vector<int> const& choices, int value, char const* what) {
    genes[static_cast<std::size_t>(position)] = static_cast<std::uint8_t>(1 + index_in(choices, value, block, what));
  };
  set(layout.kernel(block), b.kernels, kernel, "kernel");
  set(layout.middle(block), b.middle_channels, middle, "middle width");
  if (!bits) return;
  for (std::size_t role = 0; role < space::num_roles; ++role)
    set(layout.bits(static_cast<space::Role>(role), block), space.bits[role], (*bits)[role], space::role_names[role]);
}

}  // namespace

Cost CostModel::block(int block, int kernel, int middle, std::optional<std::array<int, space::num_roles>> const& bits) const {
  space::Genes genes(static_cast<std::size_t>(tables_->space.num_genes()));
  set_block(tables_->space, block, kernel, middle, bits, genes);
  auto const& at = tables_->at_size(tables_->space.image_sizes.size() - 1);
  return bits ? at.block(block, genes) : at.block_float(block, genes);
}

Cost CostModel::operator()(std::span<std::uint8_t const> genes) const {
  auto const& space = tables_->space;
  if (genes.size() != static_cast<std::size_t>(space.num_genes()) &&
      genes.size() != static_cast<std::size_t>(space.num_architecture_genes()))
    throw Error(Errc::data, fmt::format("cost: {} genes; the space has {} or, with bit widths, {}", genes.size(),
                                        space.num_architecture_genes(), space.num_genes()));
  auto const size = space.num_size_genes() > 0 ? genes[static_cast<std::size_t>(space::GeneLayout(space).image_size())] - 1u : 0u;
  return tables_->at_size(size).total(genes);
}

Cost CostModel::operator()(space::Subnet const& subnet) const {
  auto const& space = tables_->space;
  space::Genes genes(static_cast<std::size_t>(subnet.bits ? space.num_genes() : space.num_architecture_genes()));
  for (std::size_t b = 0; b < space.blocks.size(); ++b) {
    auto const& block = space.blocks[b];
    if (block.position >= subnet.depths.at(static_cast<std::size_t>(block.stage))) continue;
    std::optional<std::array<int, space::num_roles>> bits;
    if (subnet.bits) {
      bits.emplace();
      for (std::size_t role = 0; role < space::num_roles; ++role) (*bits)[role] = (*subnet.bits)[role].at(b);
    }
    set_block(space, static_cast<int>(b), subnet.kernels.at(b), subnet.middle_channels.at(b), bits, genes);
  }
  if (space.num_size_genes() > 0) {
    auto const found = std::find(space.image_sizes.begin(), space.image_sizes.end(), subnet.image_size);
    if (found == space.image_sizes.end())
      throw Error(Errc::data, fmt::format("cost: image size {} is not in the space; allowed: {}", subnet.image_size,
                                          fmt::join(space.image_sizes, ", ")));
    genes[static_cast<std::size_t>(space::GeneLayout(space).image_size())] =
        static_cast<std::uint8_t>(1 + (found - space.image_sizes.begin()));
  }
  return (*this)(genes);
}

}  // namespace apq::cost
