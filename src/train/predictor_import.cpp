#include "train/predictor_import.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ATen/ATen.h>

#include "common/checkpoint/key_prefix.hpp"
#include "common/checkpoint/state_dict.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "train/predictor_model.hpp"

namespace apq::train {
namespace {

constexpr std::int64_t choices = 3;  // of a block's kernel, and of its ratio

// Where one of once-for-all's two predictors keeps what.
struct Layout {
  std::string name;
  std::array<std::string, 3> hidden;  // keys of its layers
  std::string output;
  std::string output_bias;
  bool sizes_come_first;
  std::vector<int> sizes;  // pixels, one an input

  std::int64_t first_size(std::int64_t num_blocks) const { return sizes_come_first ? 0 : 2 * choices * num_blocks; }
  std::int64_t first_kernel() const { return sizes_come_first ? static_cast<std::int64_t>(sizes.size()) : 0; }
};

Layout layout_of(checkpoint::StateDict const& weights, std::vector<int> const& sizes, std::string const& source) {
  if (weights.contains("layers.0.0.weight"))
    return {"once-for-all",
            {"layers.0.0", "layers.1.0", "layers.2.0"},
            "layers.3.weight",
            "base_acc",
            true,
            sizes.empty() ? std::vector{128, 160, 192, 224} : sizes};
  if (weights.contains("0.weight")) {
    if (!sizes.empty())
      throw Error(Errc::config,
                  fmt::format("{}: is a predictor of once-for-all's tutorial, whose image sizes are fixed; leave the sizes out", source));
    return {"once-for-all tutorial", {"0", "2", "4"}, "6.weight", "6.bias", false, {112, 128, 144, 160, 176, 192, 208, 224}};
  }
  throw Error(Errc::data, fmt::format("{}: is no predictor of once-for-all (neither layers.0.0.weight nor 0.weight is in it)", source));
}

void require_space(space::SearchSpace const& space, std::string const& source) {
  for (int b = 0; b < space.num_blocks(); ++b) {
    auto const& block = space.blocks[static_cast<std::size_t>(b)];
    if (block.kernels.size() != choices || block.middle_channels.size() != choices)
      throw Error(Errc::config, fmt::format("{}: predicts for {} kernels and {} ratios a block; block {} of the space has {} and {}",
                                            source, choices, choices, b, block.kernels.size(), block.middle_channels.size()));
  }
}

checkpoint::StateDict checked_weights(checkpoint::StateDict const& weights, Layout const& layout, std::int64_t num_blocks,
                                      std::string const& source) {
  auto const bias = weights.find(layout.hidden[0] + ".bias");
  auto const hidden = bias != weights.end() && bias->second.dim() == 1 ? bias->second.numel() : 0;
  auto const inputs = 2 * choices * num_blocks + static_cast<std::int64_t>(layout.sizes.size());
  checkpoint::Shapes shapes{{layout.output, {1, hidden}}, {layout.output_bias, {1}}};
  for (std::size_t i = 0; i < layout.hidden.size(); ++i) {
    shapes[layout.hidden[i] + ".weight"] = {hidden, i == 0 ? inputs : hidden};
    shapes[layout.hidden[i] + ".bias"] = {hidden};
  }
  checkpoint::require_match(shapes, weights, source);
  checkpoint::StateDict result;
  for (auto const& [name, tensor] : weights) {
    result[name] = tensor.to(at::kFloat);
    if (!at::isfinite(result[name]).all().item<bool>())
      throw Error(Errc::data, fmt::format("{}: {} holds a value that is not finite", source, name));
  }
  return result;
}

// Without what wrappers add to names and weights.
checkpoint::StateDict without_prefix(checkpoint::StateDict const& weights, std::string const& prefix) {
  checkpoint::StateDict result;
  for (auto const& [name, tensor] : weights)
    if (!checkpoint::is_averaging_counter(name)) result[name.substr(name.starts_with(prefix) ? prefix.size() : 0)] = tensor;
  return result;
}

// The input columns of image sizes, [hidden] each.
class SizeColumns {
 public:
  SizeColumns(at::Tensor const& first, Layout const& layout, std::int64_t num_blocks, std::string source) : source_(std::move(source)) {
    auto const initial_range = 1 / std::sqrt(static_cast<double>(first.size(1)));
    for (std::size_t i = 0; i < layout.sizes.size(); ++i) {
      auto const column = first.select(1, layout.first_size(num_blocks) + static_cast<std::int64_t>(i));
      if (column.abs().max().item<double>() <= initial_range) continue;
      sizes.push_back(layout.sizes[i]);
      columns_.push_back(column);
    }
    if (sizes.empty()) throw Error(Errc::data, fmt::format("{}: none of its image sizes was ever trained", source_));
  }

  at::Tensor of(int size) const {
    auto const above = std::lower_bound(sizes.begin(), sizes.end(), size);
    if (above == sizes.end() || (*above != size && above == sizes.begin()))
      throw Error(Errc::config, fmt::format("{}: knows the image sizes {}; the space's {} is beyond them; give it image.sizes within",
                                            source_, fmt::join(sizes, ", "), size));
    auto const i = static_cast<std::size_t>(above - sizes.begin());
    if (*above == size) return columns_[i];
    double const share = static_cast<double>(size - sizes[i - 1]) / (sizes[i] - sizes[i - 1]);
    return columns_[i - 1] * (1 - share) + columns_[i] * share;
  }

  std::vector<int> sizes;  // known, ascending

 private:
  std::vector<at::Tensor> columns_;
  std::string source_;
};

}  // namespace

ImportedPredictor import_predictor(space::SearchSpace const& space, std::filesystem::path const& file, std::vector<int> const& sizes,
                                   std::string const& key) {
  auto const source = file.string();
  auto const content = read_file(file);
  auto const in_file = checkpoint::read_weight_file(content, source, key);
  auto reading = checkpoint::reading_of(in_file);
  auto const theirs = without_prefix(checkpoint::tensors_of(in_file, source), reading.prefix);
  auto const layout = layout_of(theirs, sizes, source);
  require_space(space, source);
  std::int64_t const num_blocks = space.num_blocks();
  auto const weights = checked_weights(theirs, layout, num_blocks, source);

  auto const& first = weights.at(layout.hidden[0] + ".weight");
  SizeColumns const of_size(first, layout, num_blocks, source);
  // Kernels of all blocks, then widths of all blocks, choices ascending: the same order on both sides (space::Encoding).
  std::vector<at::Tensor> columns{first.narrow(1, layout.first_kernel(), 2 * choices * num_blocks)};
  auto bias = weights.at(layout.hidden[0] + ".bias");
  std::vector<int> interpolated;
  for (int size : space.image_sizes) {
    auto const column = of_size.of(size);
    if (space.num_size_genes() > 0) columns.push_back(column.unsqueeze(1));
    else bias = bias + column;  // the size is no input: its part is constant
    if (!std::binary_search(of_size.sizes.begin(), of_size.sizes.end(), size)) interpolated.push_back(size);
  }
  checkpoint::StateDict ours{{"layers.0.0.weight", at::cat(columns, 1).contiguous()},
                             {"layers.0.0.bias", bias.contiguous()},
                             {"regressor.weight", weights.at(layout.output).contiguous()},
                             {"regressor.bias", weights.at(layout.output_bias).contiguous()}};
  for (std::size_t i = 1; i < layout.hidden.size(); ++i)
    for (char const* part : {".weight", ".bias"})
      ours[fmt::format("layers.{}.0{}", i, part)] = weights.at(layout.hidden[i] + part).contiguous();
  return {std::move(reading), AccuracyPredictor::Model::wrap(space::Encoding(space), std::move(ours)), layout.name, of_size.sizes,
          std::move(interpolated)};
}

}  // namespace apq::train
