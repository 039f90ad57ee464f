#include "common/checkpoint/safetensors.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"
#include "common/core/json_text.hpp"
#include "common/core/printable.hpp"

namespace apq::checkpoint {
namespace {

using Json = nlohmann::json;
constexpr std::size_t prefix = sizeof(std::uint64_t);

std::uint64_t header_size(std::string_view content) {
  std::uint64_t size = 0;
  std::memcpy(&size, content.data(), sizeof size);
  return size;
}

/// Of an object of the header; null where it is no array of whole numbers that are not negative.
std::optional<std::vector<std::int64_t>> sizes(Json const& entry, char const* key) {
  auto const found = entry.find(key);
  if (found == entry.end() || !found->is_array()) return std::nullopt;
  std::vector<std::int64_t> result;
  for (auto const& number : *found) {
    if (!number.is_number_unsigned() || number.get<std::uint64_t>() > std::uint64_t{1} << 62U) return std::nullopt;
    result.push_back(number.get<std::int64_t>());
  }
  return result;
}

/// Contiguous; its bytes are those between the offsets.
StoredTensor tensor_of(std::string name, Json const& entry, std::string_view data, std::string const& where) {
  auto refuse = [&](std::string const& problem) { throw Error(Errc::data, fmt::format("{}: {}", where, problem)); };
  auto const shape = entry.is_object() ? sizes(entry, "shape") : std::nullopt;
  auto const offsets = shape ? sizes(entry, "data_offsets") : std::nullopt;
  if (!offsets || offsets->size() != 2 || shape->size() > 16 || !entry.contains("dtype") || !entry["dtype"].is_string())
    refuse("needs dtype, shape (up to 16 sizes) and data_offsets (two)");
  auto const dtype = entry["dtype"].get<std::string>();
  auto const* const row =
      std::find_if(element_types.begin(), element_types.end(), [&](auto const& known) { return known.safetensors == dtype; });
  if (row == element_types.end()) {
    std::vector<std::string_view> known;
    for (auto const& one : element_types) known.push_back(one.safetensors);
    refuse(fmt::format("has dtype {}; read are {}", printable(dtype), fmt::join(known, ", ")));
  }
  auto const [begin, end] = std::pair(offsets->front(), offsets->back());
  if (begin > end || end > static_cast<std::int64_t>(data.size()))
    refuse(fmt::format("has data_offsets [{}, {}] of {} bytes", begin, end, data.size()));
  StoredTensor tensor{std::move(name), row->type, 0, *shape, std::vector<std::int64_t>(shape->size()), {}};
  __int128 num_elements = 1;  // bounded at each step: a size has up to 62 bits
  for (auto i = shape->size(); i-- > 0;) {
    tensor.strides[i] = static_cast<std::int64_t>(std::max<__int128>(num_elements, 1));
    num_elements = std::min<__int128>(num_elements * (*shape)[i], std::int64_t{1} << 62);
  }
  if (num_elements * row->size != end - begin)
    refuse(fmt::format("has {} bytes for {} elements of {}", end - begin, static_cast<std::int64_t>(num_elements), dtype));
  tensor.storage = data.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  return tensor;
}

}  // namespace

bool is_safetensors(std::string_view content) {
  return content.size() > prefix && content[prefix] == '{' && header_size(content) >> 40U == 0;
}

std::vector<StoredTensor> read_safetensors(std::string_view content, std::string const& source) {
  auto const size = header_size(content);
  if (size > max_safetensors_header || size > content.size() - prefix)
    throw Error(Errc::data,
                fmt::format("{}: its header of {} bytes does not fit into the file ({} bytes) or is larger than 100 MB; copy or "
                            "download it again",
                            source, size, content.size()));
  auto const header = parse_json(content.substr(prefix, size), source);
  auto const data = content.substr(prefix + size);
  std::vector<StoredTensor> tensors;
  for (auto const& [name, entry] : header.items())
    if (name != "__metadata__")
      tensors.push_back(tensor_of(name, entry, data, fmt::format("{}: {}", source, printable(name.substr(0, 200)))));
  std::sort(tensors.begin(), tensors.end(), [](auto const& a, auto const& b) {
    return std::pair(a.storage.data(), a.storage.size()) < std::pair(b.storage.data(), b.storage.size());
  });
  auto const* expected = data.data();
  for (auto const& tensor : tensors) {
    if (tensor.storage.data() != expected)
      throw Error(Errc::data,
                  fmt::format("{}: {} begins at byte {} of the data, where byte {} is next (overlapping or bytes of no tensor)", source,
                              printable(tensor.name.substr(0, 200)), tensor.storage.data() - data.data(), expected - data.data()));
    expected += tensor.storage.size();
  }
  if (expected != data.data() + data.size())
    throw Error(Errc::data, fmt::format("{}: {} bytes at its end belong to no tensor (cut short or damaged)", source,
                                        data.data() + data.size() - expected));
  return tensors;
}

}  // namespace apq::checkpoint
