#include "common/h5/shard_header.hpp"

#include <set>

#include <fmt/format.h>

#include "common/core/sha256.hpp"

namespace apq::h5 {

std::map<std::string, std::string> ShardHeader::parts() const {
  auto all = identity;
  all["stage"] = stage;
  all["study.seed"] = std::to_string(seed);
  all["space"] = space_hash;
  return all;
}

std::string ShardHeader::evaluation_hash() const {
  Sha256 hash;
  for (auto const& [name, value] : identity)
    for (auto const& text : {name, value}) hash.add_value(static_cast<std::uint64_t>(text.size())).add(text);
  return hash.hex();
}

std::string difference(ShardHeader const& there, ShardHeader const& here) {
  auto const theirs = there.parts(), ours = here.parts();
  std::set<std::string> names;
  for (auto const* parts : {&theirs, &ours})
    for (auto const& [name, value] : *parts) names.insert(name);
  auto const value_of = [](auto const& parts, std::string const& name) {
    auto const found = parts.find(name);
    return found == parts.end() ? std::string("nothing") : found->second;
  };
  std::string text;
  for (auto const& name : names) {
    auto const their = value_of(theirs, name), our = value_of(ours, name);
    if (their != our) text += fmt::format("{}{}: {} there, {} here", text.empty() ? "" : "; ", name, their, our);
  }
  return text;
}

}  // namespace apq::h5
