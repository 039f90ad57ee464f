#pragma once

#include <string>
#include <string_view>

#include <yaml-cpp/yaml.h>

namespace apq {

/// The one document of a YAML text. Refused with its line, before any of it is built: a text that is no UTF-8 or holds control
/// characters; a second document; a key that stands twice in a mapping (YAML 1.2.2, 3.2.1.3: keys are unique) or is no scalar; an alias to
/// what it stands in; more than 64 levels; more than 200,000 nodes once aliases are written out; more than 16 MiB. A byte order mark is
/// skipped. `name`: what errors call it. @throws Error(config) "name:line: ...".
YAML::Node read_yaml(std::string_view text, std::string const& name);

}  // namespace apq
