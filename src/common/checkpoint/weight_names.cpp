#include "common/checkpoint/weight_names.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/checkpoint/key_prefix.hpp"
#include "common/core/error.hpp"

namespace apq::checkpoint {
namespace {

bool is_ignored(std::string_view name) {
  for (std::string_view suffix : {".num_batches_tracked", ".activation_range", ".weight_range"})
    if (name.ends_with(suffix)) return true;
  return is_averaging_counter(name);
}

void replace_first(std::string& text, std::string_view from, std::string_view to) {
  if (auto const at = text.find(from); at != text.npos) text.replace(at, from.size(), to);
}

constexpr std::string_view blocks = "blocks.";

/// 12 of "blocks.12.rest" and what follows the number.
struct BlockName {
  int number;
  std::string rest;
};
std::optional<BlockName> block_name(std::string_view name) {
  if (!name.starts_with(blocks)) return std::nullopt;
  name.remove_prefix(blocks.size());
  int number = 0;
  auto const [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || number < 0 || end == name.data() + name.size() || *end != '.') return std::nullopt;
  return BlockName{number, std::string(end, name.data() + name.size())};
}

/// The shortest spelling of a name, the same for all implementations.
/// @param prefix  that wrappers put in front of it, where it is there
std::string plain(std::string name, std::string const& prefix = {}) {
  if (name.starts_with(prefix)) name.erase(0, prefix.size());
  if (name.starts_with("module.")) name.erase(0, std::string_view("module.").size());
  if (auto const block = block_name(name); block && block->rest.starts_with(".conv.")) {
    auto rest = block->rest;
    rest.replace(0, std::string_view(".conv.").size(), ".mobile_inverted_conv.");
    name = std::string(blocks) + std::to_string(block->number) + rest;
  }
  replace_first(name, ".conv.conv.", ".conv.");
  replace_first(name, ".bn.bn.", ".bn.");
  replace_first(name, ".linear.linear.", ".linear.");
  if (name.starts_with("classifier.linear.")) replace_first(name, ".linear.", ".");
  return name;
}

std::set<int> numbers_of(std::map<std::string, Shape> const& names, std::string const& prefix = {}) {
  std::set<int> numbers;
  for (auto const& [name, shape] : names)
    if (auto const block = block_name(plain(name, prefix)); block && !is_ignored(name)) numbers.insert(block->number);
  return numbers;
}

/// Numbers of the checkpoint's blocks to those of the network, in order; empty where their counts differ.
std::map<int, int> renumbering(std::map<std::string, Shape> const& expected, std::map<std::string, Shape> const& checkpoint,
                               std::string const& prefix) {
  auto const to = numbers_of(expected);
  auto const from = numbers_of(checkpoint, prefix);
  std::map<int, int> result;
  if (from.size() != to.size()) return result;
  std::transform(from.begin(), from.end(), to.begin(), std::inserter(result, result.end()), [](int a, int b) { return std::pair(a, b); });
  return result;
}

}  // namespace

bool WeightNames::is_native() const {
  return std::all_of(matched.begin(), matched.end(), [](Pair const& pair) { return pair.from == pair.to; });
}

WeightNames match_weight_names(std::map<std::string, Shape> const& expected, std::map<std::string, Shape> const& checkpoint) {
  std::map<std::string, std::string> by_plain;  // of the network's names
  for (auto const& [name, shape] : expected) by_plain[plain(name)] = name;
  std::vector<std::string_view> theirs;
  for (auto const& [name, shape] : checkpoint) theirs.push_back(name);
  auto const prefix = shared_prefix(theirs);
  auto const numbers = renumbering(expected, checkpoint, prefix);

  auto target_of = [&](std::string const& name) -> std::optional<std::string> {
    auto key = plain(name, prefix);
    if (auto const block = block_name(key))
      if (auto const number = numbers.find(block->number); number != numbers.end())
        key = std::string(blocks) + std::to_string(number->second) + block->rest;
    auto const found = by_plain.find(key);
    return found == by_plain.end() ? std::nullopt : std::optional(found->second);
  };

  std::map<std::string, std::string> source_of;  // by the network's name
  for (auto const& [name, shape] : checkpoint) {
    if (is_ignored(name)) continue;
    auto const target = target_of(name);
    if (!target) continue;
    auto const [entry, is_new] = source_of.emplace(*target, name);
    if (!is_new && name == *target) entry->second = name;
  }
  WeightNames result;
  for (auto const& [name, shape] : checkpoint) {
    if (is_ignored(name)) {
      result.ignored.push_back(name);
      continue;
    }
    auto const target = target_of(name);
    if (!target || source_of.at(*target) != name) {
      result.unexpected.push_back(name);
      continue;
    }
    auto const& wanted = expected.at(*target);
    if (shape == wanted) result.matched.push_back({name, *target, shape});
    else result.misshaped.push_back({name, *target, shape, wanted});
  }
  for (auto const& [name, shape] : expected)
    if (!source_of.contains(name)) result.missing.push_back(name);
  return result;
}

void require_fit(WeightNames const& names, std::string const& source) {
  if (names.fits()) return;
  std::vector<std::string> misshaped;
  for (auto const& misfit : names.misshaped)
    misshaped.push_back(fmt::format("{} [{}], not [{}]", misfit.from, fmt::join(misfit.shape, ", "), fmt::join(misfit.expected, ", ")));
  std::vector<std::string> problems;
  auto list = [&](char const* kind, std::vector<std::string> const& keys) {
    if (!keys.empty()) problems.push_back(fmt::format("{} {}: {}", keys.size(), kind, fmt::join(keys, ", ")));
  };
  list("missing", names.missing);
  list("unexpected", names.unexpected);
  list("mis-shaped", misshaped);
  throw Error(Errc::data, fmt::format("{}: keys do not match this space and network; {}", source, fmt::join(problems, "; ")));
}

}  // namespace apq::checkpoint
