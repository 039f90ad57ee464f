#pragma once

#include <map>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "common/core/config.hpp"

// What the parts of Config share; nobody else includes this.
namespace apq {

struct Config::Document {
  std::string name;                 // as printed in messages
  std::filesystem::path directory;  // for relative paths
  YAML::Node root;
  std::map<std::string, std::string> overridden;  // dotted key -> the assignment it came from
  PathAnswers path_answers;

  // Puts a value at a dotted key; `source` is what errors call it.
  void put(std::string const& key, YAML::Node const& value, std::string const& source);

  // Each is asked of the file system once.
  bool is_there(std::filesystem::path const& path) {
    auto const [answer, is_new] = path_answers.try_emplace(path.string());
    std::error_code ec;
    if (is_new) answer->second = std::filesystem::exists(path, ec);
    return answer->second;
  }
  bool is_folder(std::filesystem::path const& path) {
    auto const [answer, is_new] = path_answers.try_emplace(path.string() + "/");
    std::error_code ec;
    if (is_new) answer->second = std::filesystem::is_directory(path, ec);
    return answer->second;
  }
};

// The mapping a Config reads, its dotted name, what was asked for and with what result.
struct Config::Node {
  std::string prefix;
  YAML::Node yaml;  // may be undefined: an absent section
  std::vector<std::string> known;
  std::set<std::string> asked_whether_present;  // keys of which readers with several forms ask whether they are there
  std::map<std::string, YAML::Node> values;     // resolved scalars and lists
  std::map<std::string, std::vector<std::shared_ptr<Node>>> children;  // sections
  std::map<std::string, bool> child_is_list;
  std::map<std::string, KeyDescription> descriptions;  // by the key's last part
};

namespace detail {

inline std::string dotted(std::string const& prefix, std::string const& key) { return prefix.empty() ? key : prefix + "." + key; }

// yaml-cpp's const operator[] on a missing key gives a "zombie" node, for which IsDefined() is false.
inline bool is_present(YAML::Node const& map, std::string const& key) {
  return map.IsDefined() && map.IsMap() && map[key].IsDefined() && !map[key].IsNull();
}

}  // namespace detail
}  // namespace apq
