#include "common/checkpoint/weight_file.hpp"

#include <algorithm>
#include <map>
#include <unordered_set>

#include <fmt/format.h>

#include "common/checkpoint/mistaken_file.hpp"
#include "common/checkpoint/safetensors.hpp"
#include "common/checkpoint/state_dict_choice.hpp"
#include "common/checkpoint/torch_file.hpp"
#include "common/core/error.hpp"
#include "common/core/printable.hpp"

namespace apq::checkpoint {
namespace {

constexpr std::size_t most_named = 4, longest_shown = 100;

std::string shown(std::string const& name) { return printable(name.substr(0, longest_shown)); }

/// Notes the entries of a dictionary that `is_read` does not hold for.
template <class IsRead>
void note_unread(WeightFile& file, pickle::Dict const& dict, IsRead const& is_read) {
  for (auto const& item : dict.items) {
    pickle::Value const *const key = item.first, *const value = item.second;
    auto const* const name = key->as<std::string>();
    if ((name && is_read(*name, *value)) || ++file.num_unread > most_named) continue;
    file.unread.push_back(fmt::format("{} ({})", name ? shown(*name) : "a key that is no text", kind_of(*value)));
  }
}

/// Notes other state dicts, entries of the one taken that are no tensors, and what lies beside it in the outermost dictionary.
void note_the_rest(WeightFile& file, std::vector<StateDictPlace> const& places, StateDictPlace const& taken, pickle::Value const& root) {
  std::unordered_set<std::string_view> first_keys;  // of state dicts
  for (auto const& place : places) {
    if (!place.path.empty()) first_keys.insert(*place.path.front());
    if (&place != &taken && ++file.num_others <= most_named) file.other_keys.push_back(place.key());
  }
  note_unread(file, *taken.dict, [](auto const&, pickle::Value const& value) { return value.as<pickle::TensorRef>() != nullptr; });
  if (auto const* const outermost = root.as<pickle::Dict>(); outermost != taken.dict)
    note_unread(file, *outermost, [&](std::string const& name, auto const&) { return first_keys.contains(name); });
}

WeightFile of_torch(TorchFile const& torch, std::string const& name, std::string const& key) {
  auto const& root = *torch.document.root;
  auto const places = state_dicts_in(root);
  auto const& taken = choose_state_dict(places, root, key, name);
  WeightFile file;
  file.kind = torch.kind;
  file.key = taken.key();
  note_the_rest(file, places, taken, root);
  std::map<std::string, pickle::TensorRef const*> by_name;  // of a name that stands twice, the last
  for (auto const& [key_value, value] : taken.dict->items)
    if (auto const* const text = key_value->as<std::string>())
      if (auto const* const tensor = value->as<pickle::TensorRef>()) by_name[*text] = tensor;
  for (auto const& [tensor_name, ref] : by_name) {
    auto const bytes = torch.storage(*ref->storage);
    auto const& row = row_of(ref->storage->type);
    auto const size = ref->storage->num_elements;
    if (size < 0 || size > static_cast<std::int64_t>(bytes.size()) / row.size)
      throw Error(Errc::data,
                  fmt::format("{}: {}: its storage of {} elements has only {} bytes", name, shown(tensor_name), size, bytes.size()));
    file.tensors.push_back(
        {tensor_name, row.type, ref->offset, ref->shape, ref->strides, bytes.substr(0, static_cast<std::size_t>(size * row.size))});
  }
  return file;
}

WeightFile of_safetensors(std::string_view content, std::string const& name, std::string const& key) {
  if (!key.empty() && key != ".")
    throw Error(Errc::data, fmt::format("{}: is a file of safetensors, which holds one state dict; leave --key out", name));
  WeightFile file;
  file.kind = "safetensors";
  file.key = ".";
  file.tensors = read_safetensors(content, name);
  std::sort(file.tensors.begin(), file.tensors.end(), [](auto const& a, auto const& b) { return a.name < b.name; });
  return file;
}

}  // namespace

WeightFile read_weight_file(std::string_view content, std::string const& name, std::string const& key) {
  auto file = [&] {
    if (is_safetensors(content)) return of_safetensors(content, name, key);
    if (is_torch_zip(content)) return of_torch(read_torch_zip(content, name), name, key);
    if (is_torch_legacy(content)) return of_torch(read_torch_legacy(content, name), name, key);
    auto const mistake = mistaken_for(content);
    throw Error(Errc::data, fmt::format("{}: {}", name, mistake.empty() ? "not a file of torch.save or safetensors" : mistake));
  }();
  file.size = content.size();
  for (auto const& tensor : file.tensors) extent_of(tensor, fmt::format("{}: {}", name, shown(tensor.name)));
  return file;
}

}  // namespace apq::checkpoint
