#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/image/source.hpp"

namespace apq::image {

// Each in the file of its reader.
SourceKind idx_kind();
SourceKind folder_kind();
SourceKind tar_kind();
SourceKind list_kind();

std::vector<SourceKind> const& source_kinds() {
  static std::vector<SourceKind> const kinds{idx_kind(), folder_kind(), tar_kind(), list_kind()};
  return kinds;
}

SourceKind const& source_kind(std::string_view name) {
  for (auto const& kind : source_kinds())
    if (kind.name == name) return kind;
  throw Error(Errc::internal, fmt::format("there is no kind of image source called {}", name));
}

SourceConfig guess_source(std::string const& path) {
  for (auto const& kind : source_kinds())
    if (kind.lies_at(path)) return {.kind = kind.name, .paths = {path}, .root = {}, .classes = {}};
  throw Error(Errc::io, fmt::format("{}: no such file or directory", path));
}

SourceConfig read_source(Config section, Config const& parent, std::string const& key) {
  SourceConfig source;
  std::size_t given = 0;
  std::string usages;
  auto const& kinds = source_kinds();
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    usages += (k == 0 ? "" : k + 1 == kinds.size() ? " and " : ", ") + kinds[k].usage;
    if (!section.has(kinds[k].name)) continue;
    ++given;
    source = kinds[k].configured(section);
    source.kind = kinds[k].name;
  }
  if (given != 1) parent.fail(key, "must be one of " + usages);
  return source;
}

}  // namespace apq::image
