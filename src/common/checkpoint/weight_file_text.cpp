#include "common/checkpoint/weight_file_text.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/checkpoint/key_prefix.hpp"
#include "common/core/printable.hpp"

namespace apq::checkpoint {
namespace {

constexpr std::size_t most_shown = 3;

std::string key_text(std::string const& key) { return key == "." ? ". (the outermost dictionary)" : key; }

std::string list_text(std::vector<std::string> const& named, std::size_t count) {
  auto text = fmt::format("{}", fmt::join(named, ", "));
  if (count > named.size()) text += fmt::format(" and {} more", count - named.size());
  return text;
}

}  // namespace

Reading reading_of(WeightFile const& file) {
  std::vector<std::string_view> names;
  for (auto const& tensor : file.tensors) names.push_back(tensor.name);
  Reading reading{file.kind,    file.key, shared_prefix(names), file.other_keys, file.unread, file.num_others, file.num_unread,
                  names.size(), {}};
  for (std::size_t i = 0; i < std::min(most_shown, names.size()); ++i) {
    auto const& tensor = file.tensors[i];
    reading.first.push_back({tensor.name, tensor.shape, std::string(row_of(tensor.type).name)});
  }
  return reading;
}

std::string reading_text(std::string const& file, Reading const& reading) {
  auto text = fmt::format("{}: read as: {}, state dict {}", file, reading.kind, reading.key == "." ? "without a key" : reading.key);
  std::vector<std::string> others;
  for (auto const& key : reading.other_keys) others.push_back(key_text(key));
  if (reading.num_others > 0) text += fmt::format(" (there is also {})", list_text(others, reading.num_others));
  text += fmt::format(", {} tensor{}", reading.num_tensors, reading.num_tensors == 1 ? "" : "s");
  if (!reading.prefix.empty()) text += fmt::format(", prefix {} taken off", reading.prefix);
  if (reading.num_unread > 0) text += fmt::format("; left unread: {}", list_text(reading.unread, reading.num_unread));
  return printable(text);
}

std::string first_tensors_text(Reading const& reading) {
  std::string text;
  for (auto const& [name, shape, type] : reading.first)
    text += fmt::format("{}  {}  {}\n", printable(name), shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, " x ")), type);
  return text;
}

nlohmann::ordered_json reading_json(Reading const& reading) {
  auto first = nlohmann::ordered_json::array();
  for (auto const& [name, shape, type] : reading.first) first.push_back({{"name", name}, {"shape", shape}, {"dtype", type}});
  return {{"kind", reading.kind},
          {"key", reading.key},
          {"other_keys", reading.other_keys},
          {"num_other_keys", reading.num_others},
          {"prefix", reading.prefix},
          {"unread", reading.unread},
          {"num_unread", reading.num_unread},
          {"num_tensors", reading.num_tensors},
          {"first", first}};
}

}  // namespace apq::checkpoint
