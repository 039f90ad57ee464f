// Files of weights without LibTorch: torch.save's two formats and safetensors. What was read becomes a file of safetensors.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/checkpoint/weight_file.hpp"
#include "common/core/printable.hpp"
#include "fuzz/target.hpp"
#include "support/legacy_checkpoint.hpp"
#include "support/safetensors_file.hpp"
#include "support/zip_archive.hpp"

namespace apq::fuzz {
namespace {

using checkpoint::StoredTensor;

constexpr std::size_t most_values = std::size_t{4} << 20;  // bytes; tensors can share what they lie in

/// A tensor's elements in their order. @throws Error where it reaches beyond its storage.
std::string values_of(StoredTensor const& tensor) {
  auto const extent = checkpoint::extent_of(tensor, "t");
  auto const size = checkpoint::row_of(tensor.type).size;
  std::string bytes;
  std::vector<std::int64_t> index(tensor.shape.size());
  for (std::int64_t left = extent.num_elements; left > 0; --left) {
    auto at = tensor.offset;
    for (std::size_t d = 0; d < index.size(); ++d) at += index[d] * tensor.strides[d];
    require(static_cast<std::size_t>((at + 1) * size) <= tensor.storage.size(), "an element lies outside of its storage");
    bytes += tensor.storage.substr(static_cast<std::size_t>(at * size), static_cast<std::size_t>(size));
    for (auto d = index.size(); d-- > 0 && ++index[d] == tensor.shape[d];) index[d] = 0;
  }
  return bytes;
}

}  // namespace

std::vector<std::string> seeds() {
  using namespace test;
  std::string const first(24, 'x'), second(8, 'y');
  auto const weights =
      pickled_ordered({{"conv.weight", pickled_tensor("0", {2, 3})}, {"conv.bias", pickled_tensor("1", {4}, "HalfStorage")}});
  auto const beside = pickled_dict({{"epoch", pickled_number(3)},
                                    {"args", pickled_object("argparse", "Namespace", {{"lr", pickled_numpy_scalar()}})},
                                    {"model", weights}});
  ZipRecord const pickle{.name = "a/data.pkl", .bytes = pickled(beside), .wrong_checksum = 1};  // as PyTorch writes without checksums
  return {
      zip_archive(
          {{.name = "a/data.pkl", .bytes = pickled(weights)}, {.name = "a/data/0", .bytes = first}, {.name = "a/data/1", .bytes = second}}),
      zip_archive(
          {pickle, {.name = "a/data/0", .bytes = first, .wrong_checksum = 1}, {.name = "a/data/1", .bytes = second, .wrong_checksum = 1}}),
      legacy_checkpoint(legacy_object(), {{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10}}),
      safetensors_file(R"({"__metadata__": {"format": "pt"}, "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
 "b": {"dtype": "BF16", "shape": [4], "data_offsets": [24, 32]}, "c": {"dtype": "I64", "shape": [0], "data_offsets": [32, 32]}})",
                       first + second)};
}

void attempt(std::string_view input) {
  auto const file = checkpoint::read_weight_file(input, "m.pt");
  nlohmann::json header = nlohmann::json::object();
  std::string data;
  std::vector<std::pair<std::string, std::size_t>> places;  // names in the copy, where their bytes begin
  for (auto const& tensor : file.tensors) {
    bool const is_name = end_of_utf8(tensor.name) == tensor.name.size() && tensor.name != "__metadata__";
    places.emplace_back(is_name ? tensor.name : fmt::format("the target's tensor {}", places.size()), data.size());
    data += values_of(tensor);
    if (data.size() > most_values) return;
    header[places.back().first] = {{"dtype", checkpoint::row_of(tensor.type).safetensors},
                                   {"shape", tensor.shape},
                                   {"data_offsets", {places.back().second, data.size()}}};
  }
  if (file.tensors.empty()) return;
  auto const copy = test::safetensors_file(header.dump(), data);
  auto const again = checkpoint::read_weight_file(copy, "again");
  require(again.tensors.size() == file.tensors.size(), "tensors are lost");
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto const& tensor = file.tensors[i];
    auto const found = std::find_if(again.tensors.begin(), again.tensors.end(), [&](auto const& t) { return t.name == places[i].first; });
    require(found != again.tensors.end(), "a tensor is lost");
    require(found->type == tensor.type && found->shape == tensor.shape, "a tensor has another type or shape");
    auto const values = values_of(*found);
    require(data.compare(places[i].second, values.size(), values) == 0 && values == values_of(tensor), "a tensor has other values");
  }
}

}  // namespace apq::fuzz
