#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "common/core/config_node.hpp"

namespace apq {
namespace {

std::vector<std::string> each_once(std::vector<std::string> const& keys) {
  std::vector<std::string> result;
  for (auto const& key : keys)
    if (std::find(result.begin(), result.end(), key) == result.end()) result.push_back(key);
  return result;
}

// "Images per forward pass (images; a whole number from 1 to 100000; default 100)"
std::string comment_of(KeyDescription const& d) {
  if (d.is_section) return d.text;
  auto const fallback = d.fallback.starts_with("required") ? d.fallback : "default " + d.fallback;
  return fmt::format("{} ({}{}{}; {})", d.text, d.unit, d.unit.empty() ? "" : "; ", d.allowed, fallback);
}

using Comments = std::map<int, std::string>;  // each with the number of the line that it stands above

}  // namespace

std::string Config::resolved() const {
  auto build = [](auto const& self, Node const& node) -> YAML::Node {
    YAML::Node out(YAML::NodeType::Map);
    for (auto const& key : each_once(node.known)) {
      if (auto const value = node.values.find(key); value != node.values.end()) {
        out[key] = value->second;
      } else if (auto const child = node.children.find(key); child != node.children.end()) {
        if (node.child_is_list.at(key))
          for (auto const& item : child->second) out[key].push_back(self(self, *item));
        else out[key] = self(self, *child->second.front());
      }
    }
    return out;
  };
  YAML::Emitter emitter;
  emitter << build(build, *node_);
  return std::string(emitter.c_str()) + "\n";
}

std::string Config::commented() const {
  auto const text = resolved();
  Comments comments;
  auto const collect = [&](auto const& self, Node const& node, YAML::Node const& yaml) -> void {
    for (auto const& entry : yaml) {
      auto const key = entry.first.Scalar();
      auto const mark = entry.first.Mark();
      if (auto const found = node.descriptions.find(key); found != node.descriptions.end())
        comments[mark.line] = fmt::format("{:{}}# {}\n", "", mark.column, comment_of(found->second));
      auto const child = node.children.find(key);
      if (child == node.children.end() || !entry.second.IsDefined()) continue;
      // Of a list's items the first is explained.
      if (entry.second.IsMap()) self(self, *child->second.front(), entry.second);
      else if (entry.second.IsSequence() && entry.second.size() > 0) self(self, *child->second.front(), entry.second[0]);
    }
  };
  collect(collect, *node_, YAML::Load(text));
  std::string result;
  int line = 0;
  for (std::size_t start = 0; start < text.size(); ++line) {
    auto const end = text.find('\n', start) + 1;
    if (auto const found = comments.find(line); found != comments.end()) result += found->second;
    result += text.substr(start, end - start);
    start = end;
  }
  return result;
}

std::vector<KeyDescription> Config::described() const {
  std::vector<KeyDescription> result;
  auto const add = [&](auto const& self, Node const& node, std::string const& prefix) -> void {
    for (auto const& key : each_once(node.known)) {
      auto const name = detail::dotted(prefix, key);
      if (auto const found = node.descriptions.find(key); found != node.descriptions.end()) {
        result.push_back(found->second);
        result.back().key = name;
      }
      auto const children = node.children.find(key);
      if (children == node.children.end()) continue;
      for (auto const& child : children->second) self(self, *child, node.child_is_list.at(key) ? name + "[]" : name);
    }
  };
  add(add, *node_, "");
  // The items of a list have their keys in common.
  std::vector<KeyDescription> once;
  for (auto& description : result)
    if (std::none_of(once.begin(), once.end(), [&](auto const& other) { return other.key == description.key; }))
      once.push_back(std::move(description));
  return once;
}

}  // namespace apq
