#include "common/checkpoint/state_dict_choice.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <unordered_set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"
#include "common/core/printable.hpp"

namespace apq::checkpoint {
namespace {

constexpr std::array<std::string_view, 9> usual_names{"state_dict", "model_state_dict", "model_state", "model", "module",
                                                      "net",        "network",          "weights",     "params"};
constexpr std::size_t deepest = 2, longest_key = 200, most_listed = 8;

std::size_t count_tensors(pickle::Dict const& dict) {
  return static_cast<std::size_t>(std::count_if(dict.items.begin(), dict.items.end(), [](auto const& item) {
    return item.first->template as<std::string>() && item.second->template as<pickle::TensorRef>();
  }));
}

/// How good a guess a place is, the best first.
struct Rank {
  std::size_t depth, name;  // of a usual name; else too large ones
  std::size_t fewer;        // the more tensors the better, where the name says nothing
  auto operator<=>(Rank const&) const = default;
};
Rank rank_of(StateDictPlace const& place) {
  auto const* const usual =
      place.path.empty() ? usual_names.end() : std::find(usual_names.begin(), usual_names.end(), std::string_view(*place.path.back()));
  if (usual == usual_names.end()) return {deepest + 1, usual_names.size(), ~place.num_tensors};
  return {place.path.size(), static_cast<std::size_t>(usual - usual_names.begin()), 0};
}

std::string list_of(std::vector<StateDictPlace> const& places) {
  std::vector<std::string> texts;
  for (auto const& place : places) {
    if (texts.size() == most_listed) {
      texts.push_back(fmt::format("{} more", places.size() - most_listed));
      break;
    }
    texts.push_back(fmt::format("{} ({} tensor{})", printable(place.key()), place.num_tensors, place.num_tensors == 1 ? "" : "s"));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

/// What a file holds instead of a state dict.
std::string contents_of(pickle::Value const& root) {
  auto const* const dict = root.as<pickle::Dict>();
  if (!dict) return fmt::format("it is {}", kind_of(root));
  std::vector<std::string> texts;
  for (auto const& [key, value] : dict->items) {
    auto const* const name = key->as<std::string>();
    if (!name) continue;
    if (texts.size() == most_listed) {
      texts.push_back("...");
      break;
    }
    texts.push_back(fmt::format("{} ({})", printable(name->substr(0, longest_key)), kind_of(*value)));
  }
  return fmt::format("it is a dictionary of {}", texts.empty() ? "other keys than names" : fmt::format("{}", fmt::join(texts, ", ")));
}

}  // namespace

std::string StateDictPlace::key() const {
  std::string text;
  for (auto const* name : path) text += (text.empty() ? "" : ".") + *name;
  return path.empty() ? "." : text;
}

std::string kind_of(pickle::Value const& value) {
  struct Kind {
    std::string operator()(pickle::None) const { return "None"; }
    std::string operator()(bool) const { return "a truth value"; }
    std::string operator()(std::int64_t) const { return "a number"; }
    std::string operator()(double) const { return "a number"; }
    std::string operator()(std::string const&) const { return "a text"; }
    std::string operator()(pickle::Bytes const&) const { return "bytes"; }
    std::string operator()(pickle::Tuple const&) const { return "a tuple"; }
    std::string operator()(pickle::List const&) const { return "a list"; }
    std::string operator()(pickle::Dict const&) const { return "a dictionary"; }
    std::string operator()(pickle::Global const& global) const { return printable(global.name.substr(0, pickle::max_opaque_name)); }
    std::string operator()(pickle::Opaque const& object) const { return "an object of " + printable(object.name); }
    std::string operator()(pickle::StorageRef const&) const { return "a storage"; }
    std::string operator()(pickle::TensorRef const&) const { return "a tensor"; }
  };
  return std::visit(Kind{}, value.data);
}

std::vector<StateDictPlace> state_dicts_in(pickle::Value const& root) {
  std::vector<StateDictPlace> places;
  auto const* const outermost = root.as<pickle::Dict>();
  if (!outermost) return places;
  std::vector<StateDictPlace> level{{{}, outermost, 0}};
  std::unordered_set<pickle::Dict const*> seen{outermost};
  for (std::size_t depth = 0; depth <= deepest; ++depth) {
    std::vector<StateDictPlace> next;
    for (auto& place : level) {
      place.num_tensors = count_tensors(*place.dict);
      if (place.num_tensors > 0 || (depth == 0 && place.dict->items.empty())) places.push_back(place);
      if (depth == deepest) continue;
      for (auto const& [key, value] : place.dict->items) {
        auto const* const name = key->as<std::string>();
        auto const* const inner = value->as<pickle::Dict>();
        if (!name || name->size() > longest_key || !inner || !seen.insert(inner).second) continue;
        next.push_back({place.path, inner, 0});
        next.back().path.push_back(name);
      }
    }
    level = std::move(next);
  }
  return places;
}

StateDictPlace const& choose_state_dict(std::vector<StateDictPlace> const& places, pickle::Value const& root, std::string const& key,
                                        std::string const& source) {
  if (places.empty())
    throw Error(Errc::data, fmt::format("{}: holds no state dict (a dictionary of tensors): {}, nothing of which is run; save one with "
                                        "torch.save(net.state_dict(), file)",
                                        source, contents_of(root)));
  if (!key.empty()) {
    auto const found = std::find_if(places.begin(), places.end(), [&](auto const& place) { return place.key() == key; });
    if (found == places.end())
      throw Error(Errc::data, fmt::format("{}: holds no state dict under {}; there are: {}", source, printable(key), list_of(places)));
    return *found;
  }
  auto const best = std::min_element(places.begin(), places.end(), [](auto const& a, auto const& b) { return rank_of(a) < rank_of(b); });
  std::vector<StateDictPlace> equals;
  for (auto const& place : places)
    if (rank_of(place) == rank_of(*best)) equals.push_back(place);
  if (equals.size() > 1)
    throw Error(Errc::data, fmt::format("{}: holds {} state dicts that can be meant: {}; choose with --key of `apq import`", source,
                                        equals.size(), list_of(equals)));
  return *best;
}

}  // namespace apq::checkpoint
